/** core/v1 Node -> what the agent wants to know of the node it runs on. */
import { familyOf, type Ip } from '../../ip.ts';
import type { NodeFacts } from '../types.ts';
import { readCidr, readIp } from './addresses.ts';
import { childAt, itemsAt, mappingsAt, readTop, stringAt, type Fields } from './fields.ts';
import { DNS_SUBDOMAIN, nameAt } from './names.ts';
import { ok, refused, type Outcome } from './outcome.ts';

/** Reads a core/v1 Node. */
export function parseNode(raw: unknown): Outcome<NodeFacts> {
  const top = readTop(raw, 'Node');
  const metadata = childAt(top, 'metadata');
  const name = nameAt(metadata, 'name', DNS_SUBDOMAIN);
  if (name === undefined) return refused(top.report.problems);
  const spec = childAt(top, 'spec');
  const facts = {
    name,
    zone: stringAt(childAt(metadata, 'labels'), 'topology.kubernetes.io/zone') ?? '',
    ips: readIps(childAt(top, 'status')),
    podCIDRs: itemsAt(spec, 'podCIDRs', readCidr),
    isEligible: stringAt(metadata, 'deletionTimestamp') === undefined && !isToBeRemoved(spec),
  };
  return ok(facts, top.report.problems);
}

// --- internal ---

/** The taint by which the cluster autoscaler says that it drains a node (6.1). */
const REMOVAL_TAINT = 'ToBeDeletedByClusterAutoscaler';

function isToBeRemoved(spec: Fields): boolean {
  return mappingsAt(spec, 'taints', (taint) => taint.values.key).includes(REMOVAL_TAINT);
}

/** InternalIPs count before ExternalIPs; the first is primary, the next one of the other family secondary. */
function readIps(status: Fields): Ip[] {
  const addresses = mappingsAt(status, 'addresses', (address) => address);
  const ips = ['InternalIP', 'ExternalIP'].flatMap((type) =>
    addresses.filter(({ values }) => values.type === type).flatMap(readNodeIp),
  );
  const [primary] = ips;
  if (primary === undefined) return [];
  const secondary = ips.find((ip) => familyOf(ip) !== familyOf(primary));
  return secondary === undefined ? [primary] : [primary, secondary];
}

function readNodeIp({ values, path, report }: Fields): Ip[] {
  const ip = readIp(values.address, `${path}.address`, report, ['link-local']);
  return ip === undefined ? [] : [ip];
}
