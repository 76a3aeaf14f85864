/** EndpointSlices of one Service -> the endpoints of one of its ports (1.5). */
import { joinHostPort, type IpFamily } from '../ip.ts';
import { compareText } from './compare-text.ts';
import type { Endpoint, EndpointSlice, PortSpec, SliceEndpoint } from './types.ts';

/** Which endpoints are wanted: those of this port, in this family, seen from this node. */
export interface EndpointQuery {
  readonly port: Pick<PortSpec, 'name' | 'protocol'>;
  readonly family: IpFamily;
  /** Empty matches no endpoint. */
  readonly nodeName: string;
}

/**
 * The endpoints of a port, each `ip:port` once, sorted by id. An endpoint on its way from one slice
 * to another, or whose IP a new pod took over, stands in several places; which one counts does not
 * depend on the order of the slices (see `comparePreference`).
 */
export function endpointsOf(slices: Iterable<EndpointSlice>, query: EndpointQuery): Endpoint[] {
  const found = new Map<string, Candidate>();
  for (const candidate of candidatesIn(slices, query)) {
    const rival = found.get(candidate.id);
    if (rival === undefined || comparePreference(candidate, rival) < 0) {
      found.set(candidate.id, candidate);
    }
  }
  return [...found.values()]
    .map((candidate) => buildEndpoint(candidate, query.nodeName))
    .sort(compareById);
}

/** Byte-wise, so `10.0.0.10:80` comes before `10.0.0.2:80`: the same on every node. */
export function compareById(a: Endpoint, b: Endpoint): number {
  return compareText(a.id, b.id);
}

// --- internal ---

interface Candidate {
  readonly id: string;
  readonly port: number;
  readonly source: SliceEndpoint;
  /** Of the slice. */
  readonly weight: number;
}

function* candidatesIn(
  slices: Iterable<EndpointSlice>,
  { port: wanted, family }: EndpointQuery,
): Generator<Candidate> {
  for (const slice of slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port } of slice.ports) {
      if (name !== wanted.name || protocol !== wanted.protocol) continue;
      for (const source of slice.endpoints) {
        yield { id: joinHostPort(source.ip, port), port, source, weight: slice.weight };
      }
    }
  }
}

/**
 * Which of two entries for one `ip:port` to believe, negative for the first: one that is ready, then
 * one that is not terminating (a live pod, against the terminating one that had its IP), then one
 * that serves. Otherwise the greater node name and hints, so that a known node beats none; at last the greater weight.
 */
function comparePreference(first: Candidate, second: Candidate): number {
  const [a, b] = [first.source, second.source];
  return (
    Number(b.ready) - Number(a.ready) ||
    Number(a.terminating) - Number(b.terminating) ||
    Number(b.serving) - Number(a.serving) ||
    compareText(b.nodeName, a.nodeName) ||
    compareText(b.zoneHints.join(), a.zoneHints.join()) ||
    compareText(b.nodeHints.join(), a.nodeHints.join()) ||
    second.weight - first.weight
  );
}

function buildEndpoint({ id, port, source, weight }: Candidate, nodeName: string): Endpoint {
  const { ip, ready, serving, terminating, zoneHints, nodeHints } = source;
  const isLocal = nodeName !== '' && source.nodeName === nodeName;
  return { ip, port, id, isLocal, ready, serving, terminating, zoneHints, nodeHints, weight };
}
