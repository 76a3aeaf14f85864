/**
 * How a table in the kernel says what it is, so that a restarted agent need not read its rules:
 * two empty chains carry in their names a digest of the table's shape and one of its fixed rules.
 */
import { createHash } from 'node:crypto';
import type { IpFamily } from '../ip.ts';
import { fixedRules } from './fixed-rules.ts';
import { layoutCommands } from './layout.ts';
import type { RuleSettings } from '../settings.ts';
import { sharedChainRules } from './shared-rules.ts';

/** What the marker chains' names begin with. */
export const SHAPE_PREFIX = 'shape-';
/** What the marker chains' names begin with. */
export const RULES_PREFIX = 'rules-';

/** Identifies sets, maps, base chains and what shared chains' names mean. */
export function shapeId(family: IpFamily): string {
  const known = shapeIds.get(family);
  if (known !== undefined) return known;
  // Shared chains are identified by their names alone, so what the names mean is part of the shape.
  const examples = [undefined, 1].map((affinitySeconds) =>
    sharedChainRules(family, {
      kind: 'endpoints',
      protocol: 'udp',
      isNodePort: false,
      isLocal: true,
      count: 2,
      affinitySeconds,
    }),
  );
  const slot = sharedChainRules(family, {
    kind: 'slot',
    protocol: 'udp',
    isNodePort: true,
    slot: 1,
    affinitySeconds: 1,
  });
  const id = digest([layoutCommands(family), examples, slot]);
  shapeIds.set(family, id);
  return id;
}

/** Identifies the fixed rules. Asked for at every sync, and worked out once for each settings object. */
export function rulesId(family: IpFamily, settings: RuleSettings): string {
  const known = rulesIds[family].get(settings);
  if (known !== undefined) return known;
  const id = digest(fixedRules(family, settings));
  rulesIds[family].set(settings, id);
  return id;
}

// --- internal ---

const shapeIds = new Map<IpFamily, string>();

const rulesIds: Readonly<Record<IpFamily, WeakMap<RuleSettings, string>>> = {
  IPv4: new WeakMap(),
  IPv6: new WeakMap(),
};

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}
