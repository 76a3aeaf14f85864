/**
 * The rules of shared chains: how a connection gets its endpoint.
 */
import type { IpFamily } from '../ip.ts';
import {
  anonymousSet,
  concat,
  dnat,
  goto,
  mapLookup,
  match,
  payload,
  ref,
  vmap,
  type Element,
  type Expression,
  type Statement,
} from '../nftables-json/index.ts';
import { endpointMapName, type EndpointMap } from './endpoint-maps.ts';
import type { RuleDraft } from './fixed-rules.ts';
import { AFFINITY, LOCAL_SLOTS } from './names.ts';
import { constantMark, constantSlot, packetFields, randomSlot } from './packet.ts';
import { chainsBehind, sharedChainName, slotsOf, type SharedChain } from './shared-chains.ts';

/** The rules of one shared chain. */
export function sharedChainRules(family: IpFamily, chain: SharedChain): RuleDraft[] {
  if (chain.kind === 'slot') return slotRules(family, chain);
  if (chain.affinitySeconds === undefined) {
    return [draft(toEndpoint(family, chain, randomSlot(chain.count, baseOf(chain))))];
  }
  return affinityRules(family, chain);
}

// --- internal ---

/** Sends the connection to the endpoint in a slot. A slot without an endpoint matches nothing. */
function toEndpoint(family: IpFamily, map: EndpointMap, slot: Expression): Statement {
  const fields = packetFields(family);
  const dport = payload(map.protocol, 'dport');
  const key = concat(...(map.isNodePort ? [dport] : [fields.daddr, dport]), slot);
  return dnat({ family: fields.family, addr: mapLookup(key, ref(endpointMapName(map))) });
}

/**
 * The slot that the client is stuck to, if any, else a random one. A lookup a slot, as kube-proxy
 * has a set an endpoint: nft 1.0.6 cannot write a rule that puts more than 16 bytes of key into a
 * map, so what is learned has to be in a set, and a set can only be asked about one slot at a time.
 */
function affinityRules(family: IpFamily, chain: SharedChain & { kind: 'endpoints' }): RuleDraft[] {
  const names = chainsBehind(chain).map(sharedChainName);
  const slots = slotsOf(chain);
  const stuck = slots.map((slot, index) =>
    draft(match(affinityKey(family, slot), '==', ref(AFFINITY)), goto(names[index] ?? '')),
  );
  const verdicts = slots.map((slot, index): Element => [slot, goto(names[index] ?? '')]);
  return [...stuck, draft(vmap(randomSlot(chain.count, baseOf(chain)), anonymousSet(...verdicts)))];
}

/** `update` and not `add`: each new connection starts the client's time anew. */
function slotRules(family: IpFamily, chain: SharedChain & { kind: 'slot' }): RuleDraft[] {
  const entry = { elem: { val: affinityKey(family, chain.slot), timeout: chain.affinitySeconds } };
  return [
    draft({ set: { op: 'update', elem: entry, set: ref(AFFINITY) } }),
    draft(toEndpoint(family, chain, constantSlot(chain.slot))),
  ];
}

/** client . address . protocol . port . slot: a node port's too has the address that was used. */
function affinityKey(family: IpFamily, slot: number): Expression {
  const { saddr, destination } = packetFields(family);
  return concat(saddr, ...destination, constantMark(slot));
}

function baseOf(chain: SharedChain & { kind: 'endpoints' }): number {
  return chain.isLocal ? LOCAL_SLOTS : 0;
}

function draft(...expr: Statement[]): RuleDraft {
  return { expr };
}
