/** Selectors: expressions that ask something of a packet, of its connection or of the system. */
import type { OneOf } from './one-of.ts';
import type {
  AddressFamily,
  CtDirection,
  CtKey,
  FibFlag,
  FibResult,
  IpsecDirection,
  IpsecKey,
  MetaKey,
  NumgenMode,
  OsfKey,
  OsfTtl,
  PayloadBase,
  RtKey,
  SocketKey,
} from './words.ts';

/** Every selector. */
export type Selector = OneOf<SelectorBodies>;

/** What stands under each selector's only key. */
export interface SelectorBodies {
  readonly payload: NamedPayload | RawPayload;
  readonly exthdr: ExtensionHeader;
  readonly 'tcp option': HeaderField | RawTcpOption;
  readonly 'ip option': HeaderField;
  readonly 'sctp chunk': HeaderField;
  readonly 'dccp option': { readonly type: number };
  readonly meta: { readonly key: MetaKey };
  readonly ct: ConnectionField;
  readonly rt: { readonly key: RtKey; readonly family?: AddressFamily };
  readonly socket: { readonly key: SocketKey };
  readonly osf: { readonly key: OsfKey; readonly ttl?: OsfTtl };
  readonly ipsec: Ipsec;
  readonly fib: { readonly result: FibResult; readonly flags: readonly FibFlag[] };
  readonly numgen: { readonly mode: NumgenMode; readonly mod: number; readonly offset?: number };
  readonly symhash: { readonly mod: number; readonly offset?: number };
}

/** A header's field by its names: `tcp dport`. Protocol `th` is any transport that has ports. */
export interface NamedPayload {
  readonly protocol: string;
  readonly field: string;
  /** The tunnel inside of which to look: `vxlan`, `gre`, ... */
  readonly tunnel?: string;
}

/** Any bits of a packet; `offset` and `len` in bits. */
export interface RawPayload {
  readonly base: PayloadBase;
  readonly offset: number;
  readonly len: number;
}

/** Without a field it asks whether the header is there. */
export interface HeaderField {
  readonly name: string;
  readonly field?: string;
}

/** A field of an IPv6 extension header: `frag id`, `rt0 addr[1]`. */
export interface ExtensionHeader extends HeaderField {
  /** Which address of an `rt0` header. */
  readonly offset?: number;
}

/** TCP option number `base`; `offset` and `len` in bits. */
export interface RawTcpOption {
  readonly base: number;
  readonly offset: number;
  readonly len: number;
}

/** `ct state`, `ct original ip daddr` */
export interface ConnectionField {
  readonly key: CtKey;
  readonly dir?: CtDirection;
  readonly family?: AddressFamily;
}

/** `ipsec in reqid` */
export interface Ipsec {
  readonly key: IpsecKey;
  readonly dir: IpsecDirection;
  readonly family?: AddressFamily;
  /** Which transformation, from 0 for the outermost. */
  readonly spnum?: number;
}
