/** Selectors as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type {
  ConnectionField,
  ExtensionHeader,
  HeaderField,
  Ipsec,
  NamedPayload,
  RawPayload,
  RawTcpOption,
  Selector,
  SelectorBodies,
} from '../selector.ts';
import {
  ADDRESS_FAMILIES,
  CT_DIRECTIONS,
  CT_KEYS,
  FIB_FLAGS,
  FIB_RESULTS,
  IPSEC_DIRECTIONS,
  IPSEC_KEYS,
  META_KEYS,
  NUMGEN_MODES,
  OSF_KEYS,
  OSF_TTLS,
  PAYLOAD_BASES,
  RT_KEYS,
  SOCKET_KEYS,
} from '../words.ts';
import { natural, oneOf, word } from './atoms.ts';

/** What a packet, its connection or the system is asked. */
export function renderSelector(selector: Selector): string {
  if ('payload' in selector) return renderPayload(selector.payload);
  if ('meta' in selector) return renderMeta(selector.meta);
  if ('ct' in selector) return renderConnection(selector.ct);
  if ('fib' in selector) return renderFib(selector.fib);
  if ('numgen' in selector) return renderNumgen(selector.numgen);
  if ('symhash' in selector) return renderSymmetricHash(selector.symhash);
  if ('exthdr' in selector) return renderExtensionHeader(selector.exthdr);
  if ('tcp option' in selector) return `tcp option ${renderTcpOption(selector['tcp option'])}`;
  if ('ip option' in selector) return `ip option ${renderField(selector['ip option'])}`;
  if ('sctp chunk' in selector) return `sctp chunk ${renderField(selector['sctp chunk'])}`;
  if ('dccp option' in selector) return `dccp option ${natural(selector['dccp option'].type)}`;
  if ('rt' in selector) return renderRoute(selector.rt);
  if ('socket' in selector) return `socket ${oneOf(SOCKET_KEYS, selector.socket.key)}`;
  if ('osf' in selector) return renderFingerprint(selector.osf);
  if ('ipsec' in selector) return renderIpsec(selector.ipsec);
  throw new NftJsonError(`there is no text for the unknown expression ${shown(selector)}`);
}

/** ` offset 5`: where the numbers of a generator or hash begin. */
export function renderOffset(offset = 0): string {
  return offset === 0 ? '' : ` offset ${natural(offset)}`;
}

// --- internal ---

function renderPayload(payload: NamedPayload | RawPayload): string {
  if ('base' in payload) {
    const base = oneOf(PAYLOAD_BASES, payload.base);
    return `@${base},${natural(payload.offset)},${natural(payload.len)}`;
  }
  const tunnel = payload.tunnel === undefined ? '' : `${word(payload.tunnel)} `;
  return `${tunnel}${word(payload.protocol)} ${word(payload.field)}`;
}

function renderMeta({ key }: SelectorBodies['meta']): string {
  const name = oneOf(META_KEYS, key);
  // As nft lists them, and as people write them.
  return name === 'iif' || name === 'oif' || name === 'iifname' || name === 'oifname'
    ? name
    : `meta ${name}`;
}

function renderConnection({ key, dir, family }: ConnectionField): string {
  const direction = dir === undefined ? '' : `${oneOf(CT_DIRECTIONS, dir)} `;
  return `ct ${direction}${renderFamily(family)}${oneOf(CT_KEYS, key)}`;
}

function renderFib({ result, flags }: SelectorBodies['fib']): string {
  const selectors = flags.map((flag) => oneOf(FIB_FLAGS, flag)).join(' . ');
  return `fib ${selectors} ${oneOf(FIB_RESULTS, result)}`;
}

function renderNumgen({ mode, mod, offset }: SelectorBodies['numgen']): string {
  return `numgen ${oneOf(NUMGEN_MODES, mode)} mod ${natural(mod)}${renderOffset(offset)}`;
}

function renderSymmetricHash({ mod, offset }: SelectorBodies['symhash']): string {
  return `symhash mod ${natural(mod)}${renderOffset(offset)}`;
}

function renderExtensionHeader(header: ExtensionHeader): string {
  // Without a field nft wants the keyword: `exthdr frag exists`.
  if (header.field === undefined) return `exthdr ${word(header.name)}`;
  const index = header.offset === undefined ? '' : `[${natural(header.offset)}]`;
  return `${renderField(header)}${index}`;
}

function renderTcpOption(option: HeaderField | RawTcpOption): string {
  if ('name' in option) return renderField(option);
  return `@${natural(option.base)},${natural(option.offset)},${natural(option.len)}`;
}

function renderField({ name, field }: HeaderField): string {
  return field === undefined ? word(name) : `${word(name)} ${word(field)}`;
}

function renderIpsec({ key, dir, family, spnum }: Ipsec): string {
  const number = spnum === undefined ? '' : `spnum ${natural(spnum)} `;
  return `ipsec ${oneOf(IPSEC_DIRECTIONS, dir)} ${number}${renderFamily(family)}${oneOf(IPSEC_KEYS, key)}`;
}

function renderFamily(family: ConnectionField['family']): string {
  return family === undefined ? '' : `${oneOf(ADDRESS_FAMILIES, family)} `;
}

function renderRoute({ key, family }: SelectorBodies['rt']): string {
  return `rt ${renderFamily(family)}${oneOf(RT_KEYS, key)}`;
}

function renderFingerprint({ key, ttl }: SelectorBodies['osf']): string {
  return `osf ${ttl === undefined ? '' : `ttl ${oneOf(OSF_TTLS, ttl)} `}${oneOf(OSF_KEYS, key)}`;
}
