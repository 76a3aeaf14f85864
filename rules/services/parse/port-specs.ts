/** `spec.ports` of a Service. */
import type { PortSpec } from '../types.ts';
import { addProblem, addUnexpected, integerAt, isEmptyAt, mappingsAt, pathAt } from './fields.ts';
import type { Fields } from './fields.ts';
import { nameAt, PORT_NAME } from './names.ts';
import { PORT, PORT_OR_NONE, protocolOf } from './ports.ts';
import { describeValue } from './quoted.ts';

/**
 * The usable ports. Of two with the same name or the same number in one protocol the first counts:
 * a frontend is found by its number, its endpoints by its name.
 */
export function readPortSpecs(spec: Fields): PortSpec[] {
  if (isEmptyAt(spec, 'ports')) {
    addUnexpected(spec.report, pathAt(spec, 'ports'), 'at least one port', spec.values.ports);
  }
  const taken = new Set<string>();
  return mappingsAt(spec, 'ports', (entry) => {
    const port = readPortSpec(entry);
    return port !== undefined && isFirst(port, taken, entry) ? port : undefined;
  });
}

// --- internal ---

function readPortSpec(fields: Fields): PortSpec | undefined {
  const name = nameAt(fields, 'name', PORT_NAME, '');
  const protocol = protocolOf(fields);
  const port = integerAt(fields, 'port', PORT);
  const nodePort = integerAt(fields, 'nodePort', PORT_OR_NONE, 0) ?? 0;
  if (name === undefined || protocol === undefined || port === undefined) return undefined;
  return { name, protocol, port, nodePort };
}

function isFirst(port: PortSpec, taken: Set<string>, { path, report }: Fields): boolean {
  const identityOf = (field: 'name' | 'port'): string => `${field} ${port[field]}/${port.protocol}`;
  const clash = (['name', 'port'] as const).find((field) => taken.has(identityOf(field)));
  if (clash === undefined) {
    taken.add(identityOf('name')).add(identityOf('port'));
    return true;
  }
  const wanted = `a ${clash} of its own among the ${port.protocol} ports`;
  addProblem(
    report,
    `${path}.${clash}`,
    `expected ${wanted}, got ${describeValue(port[clash])} again`,
  );
  return false;
}
