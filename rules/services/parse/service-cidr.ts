/** networking.k8s.io ServiceCIDR -> the networks that ClusterIPs come from. */
import { isZeroCidr, type Cidr } from '../../ip.ts';
import { readCidr } from './addresses.ts';
import { addUnexpected, childAt, isEmptyAt, itemsAt, pathAt, readTop } from './fields.ts';
import type { Fields, Report } from './fields.ts';
import { DNS_SUBDOMAIN, nameAt } from './names.ts';
import { ok, refused, type Outcome } from './outcome.ts';

/** A ServiceCIDR, slimmed. */
export interface ServiceCidr {
  readonly name: string;
  /** Both families. */
  readonly cidrs: readonly Cidr[];
}

/** Reads a networking.k8s.io/v1 (or v1beta1) ServiceCIDR. */
export function parseServiceCidr(raw: unknown): Outcome<ServiceCidr> {
  const top = readTop(raw, 'ServiceCIDR');
  const name = nameAt(childAt(top, 'metadata'), 'name', DNS_SUBDOMAIN);
  const cidrs = readCidrs(childAt(top, 'spec'));
  if (name === undefined || cidrs.length === 0) return refused(top.report.problems);
  return ok({ name, cidrs }, top.report.problems);
}

// --- internal ---

function readCidrs(spec: Fields): Cidr[] {
  if (isEmptyAt(spec, 'cidrs')) {
    addUnexpected(spec.report, pathAt(spec, 'cidrs'), 'at least one CIDR', spec.values.cidrs);
  }
  return itemsAt(spec, 'cidrs', readServiceCidr);
}

/** Traffic to unallocated addresses of a ServiceCIDR is dropped: a zero CIDR would drop everything. */
function readServiceCidr(value: unknown, path: string, report: Report): Cidr | undefined {
  const cidr = readCidr(value, path, report);
  if (cidr === undefined || !isZeroCidr(cidr)) return cidr;
  addUnexpected(report, path, 'a network smaller than the whole address family', value);
  return undefined;
}
