/** Statements that send a packet to another address, as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type { Expression } from '../expression.ts';
import type { Nat, PortNat, Tproxy } from '../statement.ts';
import { ADDRESS_FAMILIES, NAT_FLAGS, NAT_TYPE_FLAGS } from '../words.ts';
import { flags, oneOf, value } from './atoms.ts';
import { renderExpression } from './expression.ts';

/** `dnat ip to 10.0.0.1:80 persistent` */
export function renderNat(kind: 'dnat' | 'snat', nat: Nat | null): string {
  const family = nat?.family === undefined ? '' : ` ${oneOf(ADDRESS_FAMILIES, nat.family)}`;
  return `${kind}${family}${renderTypeFlags(nat)}${renderTarget(nat)}${renderFlags(nat)}`;
}

/** `masquerade to :1024-65535 random`, `redirect to :80` */
export function renderPortNat(kind: 'masquerade' | 'redirect', nat: PortNat | null): string {
  return `${kind}${renderTarget(nat)}${renderFlags(nat)}`;
}

/** `tproxy ip to 10.0.0.1:80` */
export function renderTproxy(tproxy: Tproxy): string {
  const family = tproxy.family === undefined ? '' : ` ${oneOf(ADDRESS_FAMILIES, tproxy.family)}`;
  return `tproxy${family}${renderTarget(tproxy)}`;
}

// --- internal ---

interface Target {
  readonly addr?: Expression;
  readonly port?: Expression;
}

function renderTarget(target: Target | null): string {
  const { addr, port } = target ?? {};
  if (port === undefined) return addr === undefined ? '' : ` to ${renderExpression(addr)}`;
  const address = addr === undefined ? '' : renderBeforePort(addr);
  return ` to ${address}:${renderExpression(port)}`;
}

/** An address that a port follows: IPv6 needs brackets. */
function renderBeforePort(addr: Expression): string {
  if (typeof addr === 'string') return addr.includes(':') ? `[${bare(addr)}]` : value(addr);
  if (typeof addr !== 'object' || !('range' in addr)) return renderExpression(addr);
  return addr.range.map(renderBeforePort).join('-');
}

function bare(addr: string): string {
  const text = value(addr);
  if (text !== addr) throw new NftJsonError(`expected an IPv6 address, got ${shown(addr)}`);
  return text;
}

/** Of the kinds of maps only `prefix` must be said: nft knows the others by the map's type. */
function renderTypeFlags(nat: Nat | null): string {
  const kinds = (nat?.type_flags ?? []).map((flag) => oneOf(NAT_TYPE_FLAGS, flag));
  if (kinds.includes('prefix')) return ' prefix';
  if (nat?.flags?.includes('netmap') === true) {
    throw new NftJsonError(
      '"netmap" has no word in nft text: it comes with the type flag "prefix"',
    );
  }
  return '';
}

function renderFlags(nat: PortNat | null): string {
  const spoken = (nat?.flags ?? []).filter((flag) => flag !== 'netmap');
  return spoken.length === 0 ? '' : ` ${flags(NAT_FLAGS, spoken)}`;
}
