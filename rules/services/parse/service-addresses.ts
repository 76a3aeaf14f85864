/** The addresses of a Service, and who may use them. */
import { familyOf, mergeCidrs, type Cidr, type Ip, type IpFamily } from '../../ip.ts';
import { readCidr, readIp } from './addresses.ts';
import {
  addProblem,
  childAt,
  choiceAt,
  isEmptyAt,
  itemsAt,
  listAt,
  mappingsAt,
  type Fields,
} from './fields.ts';
import { describeValue } from './quoted.ts';

/** `clusterIP`, or the first of `clusterIPs`, as written: what tells a headless Service. */
export function primaryClusterIp(spec: Fields): unknown {
  const listed: unknown = spec.values.clusterIPs;
  return spec.values.clusterIP ?? (Array.isArray(listed) ? listed.at(0) : undefined);
}

/**
 * The ClusterIPs, at most one a family. `clusterIPs[i]` belongs to the family `ipFamilies[i]`; where
 * there are no `ipFamilies` the addresses speak for themselves.
 */
export function readClusterIps(spec: Fields): Ip[] {
  if (isEmptyAt(spec, 'clusterIPs')) {
    const ip = readIp(spec.values.clusterIP, 'spec.clusterIP', spec.report);
    return ip === undefined ? [] : [ip];
  }
  const families = listAt(spec, 'ipFamilies');
  const taken = new Set<IpFamily>();
  return itemsAt(spec, 'clusterIPs', (value, path, report, index) => {
    const ip = readIp(value, path, report);
    if (ip === undefined) return undefined;
    const family = familyOf(ip);
    const wanted = families.length === 0 ? family : families[index];
    if (wanted !== family) {
      const what = `an address of spec.ipFamilies[${index}], ${describeValue(wanted)}`;
      addProblem(report, path, `expected ${what}, got ${ip}`);
      return undefined;
    }
    if (taken.has(family)) {
      addProblem(report, path, `expected one address a family, got ${ip}, a second ${family} one`);
      return undefined;
    }
    taken.add(family);
    return ip;
  });
}

/** The external IPs, each once. */
export function readExternalIps(spec: Fields): Ip[] {
  return unique(itemsAt(spec, 'externalIPs', (value, path, report) => readIp(value, path, report)));
}

/** The CIDRs that may use load balancer addresses. */
export interface SourceRanges {
  /** Both families, not overlapping. */
  readonly cidrs: readonly Cidr[];
  /** Whether every range could be read. */
  readonly areComplete: boolean;
}

/** `spec.loadBalancerSourceRanges`. */
export function readSourceRanges(spec: Fields): SourceRanges {
  const { problems } = spec.report;
  const problemsBefore = problems.length;
  const cidrs = mergeCidrs(itemsAt(spec, 'loadBalancerSourceRanges', readCidr));
  return { cidrs, areComplete: problems.length === problemsBefore };
}

/**
 * The load balancer addresses that nodes answer for: those whose ipMode is absent or `VIP`. No range
 * for a family means that anybody may use it, so when a range could not be read, an address whose
 * family has no other one is left out rather than opened to everybody.
 */
export function readLoadBalancerVips(status: Fields, ranges: SourceRanges): Ip[] {
  const guarded = new Set(ranges.cidrs.map(familyOf));
  const vips = mappingsAt(childAt(status, 'loadBalancer'), 'ingress', (ingress) => {
    const vip = readVip(ingress);
    if (vip === undefined || ranges.areComplete || guarded.has(familyOf(vip))) return vip;
    const wanted = `a valid ${familyOf(vip)} range in spec.loadBalancerSourceRanges to guard ${vip}`;
    const message = `expected ${wanted}, got none: the address is not served`;
    addProblem(ingress.report, `${ingress.path}.ip`, message);
    return undefined;
  });
  return unique(vips);
}

// --- internal ---

/** An ingress with only a host name has no VIP. Some load balancers hand out link-local addresses. */
function readVip(ingress: Fields): Ip | undefined {
  const mode = choiceAt(ingress, 'ipMode', ['VIP', 'Proxy'], 'VIP');
  const { ip } = ingress.values;
  if (mode !== 'VIP' || ip === undefined || ip === null || ip === '') return undefined;
  return readIp(ip, `${ingress.path}.ip`, ingress.report, ['link-local']);
}

function unique(ips: readonly Ip[]): Ip[] {
  return [...new Set(ips)];
}
