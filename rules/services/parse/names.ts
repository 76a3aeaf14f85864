/** Checks what objects and ports are called: after this, names are safe to print anywhere. */
import { addUnexpected, pathAt, type Fields } from './fields.ts';

/** What names of one sort must look like. */
export interface NameRule {
  readonly wanted: string;
  readonly maxLength: number;
  readonly pattern: RegExp;
}

/** RFC 1123 label: namespaces and Services. */
export const DNS_LABEL: NameRule = {
  wanted: 'a DNS label (a-z, 0-9 and inner "-", at most 63 characters)',
  maxLength: 63,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
};

/** A DNS label, or empty: ports of Services and EndpointSlices. */
export const PORT_NAME: NameRule = {
  wanted: `${DNS_LABEL.wanted} or empty text`,
  maxLength: DNS_LABEL.maxLength,
  pattern: /^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$/,
};

/** RFC 1123 subdomain: EndpointSlices, Nodes and ServiceCIDRs. */
export const DNS_SUBDOMAIN: NameRule = {
  wanted: 'a DNS name (labels of a-z, 0-9 and inner "-" joined by ".", at most 253 characters)',
  maxLength: 253,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
};

/** A name, or what it means to be absent; `undefined` when it is no name of this sort. */
export function nameAt(
  fields: Fields,
  key: string,
  rule: NameRule,
  absent?: string,
): string | undefined {
  const value = fields.values[key] ?? absent;
  if (typeof value === 'string' && value.length <= rule.maxLength && rule.pattern.test(value)) {
    return value;
  }
  addUnexpected(fields.report, pathAt(fields, key), rule.wanted, value);
  return undefined;
}
