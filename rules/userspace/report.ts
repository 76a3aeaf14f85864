/** Listeners of the userspace proxy for people, in the words of Services. */
import { joinHostPort } from '../ip.ts';
import type { ReportSection } from '../report.ts';
import type { ListenerSpec } from './listener-spec.ts';

/** What happened to a listener. */
export interface ListenerChange {
  readonly kind: 'added' | 'replaced' | 'removed';
  readonly spec: ListenerSpec;
  /** Each begins with `+`, `-` or `~`. */
  readonly lines: readonly string[];
}

/** What differs between two states of some listeners, each with its port. */
export function listenerChanges(
  before: readonly ListenerSpec[],
  after: readonly ListenerSpec[],
): ListenerChange[] {
  const was = new Map(before.map((spec) => [spec.id, spec]));
  const is = new Map(after.map((spec) => [spec.id, spec]));
  const gone = before.filter(({ id }) => !is.has(id));
  return [
    ...gone.map((spec): ListenerChange => {
      return { kind: 'removed', spec, lines: [`- ${describeListener(spec)}`] };
    }),
    ...after.flatMap((spec): ListenerChange[] => {
      const previous = was.get(spec.id);
      if (previous === undefined) {
        return [{ kind: 'added', spec, lines: [`+ ${describeListener(spec)}`] }];
      }
      const lines = linesBetween(previous, spec);
      return lines.length === 0 ? [] : [{ kind: 'replaced', spec, lines }];
    }),
  ];
}

/** Changes under the names of the service ports that they belong to. */
export function listenerSections(changes: readonly ListenerChange[]): ReportSection[] {
  const byPort = Map.groupBy(changes, ({ spec }) => spec.servicePort);
  return [...byPort].map(([key, own]) => ({
    // Without the protocol, as everywhere.
    title: key.slice(0, key.lastIndexOf('/')),
    lines: own.flatMap(({ lines }) => lines),
  }));
}

/** `listener 192.0.2.1:20001/TCP (round-robin) -> 10.244.1.2:8080, 10.244.2.2:8080` */
export function describeListener(spec: ListenerSpec): string {
  const endpoints = spec.endpoints.map(({ id }) => id).join(', ');
  return `${placeOf(spec)} (${mannerOf(spec)}) -> ${endpoints}`;
}

// --- internal ---

function linesBetween(before: ListenerSpec, after: ListenerSpec): string[] {
  const place = placeOf(after);
  const lines: string[] = [];
  if (placeOf(before) !== place || mannerOf(before) !== mannerOf(after)) {
    lines.push(`~ ${place} (${mannerOf(after)}), was ${placeOf(before)} (${mannerOf(before)})`);
  }
  const was = weightsOf(before);
  const is = weightsOf(after);
  for (const [id, weight] of is) {
    if (!was.has(id)) lines.push(`+ endpoint ${id} (${place})`);
    else if (was.get(id) !== weight) lines.push(`~ endpoint ${id} weight ${weight} (${place})`);
  }
  for (const id of was.keys()) if (!is.has(id)) lines.push(`- endpoint ${id} (${place})`);
  return lines;
}

function weightsOf({ endpoints }: ListenerSpec): Map<string, number> {
  return new Map(endpoints.map(({ id, weight }) => [id, weight]));
}

function placeOf({ ips, port, protocol }: ListenerSpec): string {
  const places = ips.map((ip) => `${joinHostPort(ip, port ?? 0)}/${protocol.toUpperCase()}`);
  return `listener ${places.join(', ')}`;
}

/** Everything but where it is and whom it serves. */
function mannerOf({ loadBalancing, affinitySeconds, sendsProxyHeader }: ListenerSpec): string {
  return [
    loadBalancing,
    ...(affinitySeconds === undefined ? [] : [`affinity ${affinitySeconds} s`]),
    ...(sendsProxyHeader ? ['PROXY protocol v2'] : []),
  ].join(', ');
}
