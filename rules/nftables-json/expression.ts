/** Expressions: what a packet, its connection or the system is asked, and what that is compared with. */
import type { OneOf } from './one-of.ts';
import type { CounterState } from './state.ts';
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

/**
 * A string is a value (`10.0.0.1`, `tcp`, `eth*`), a reference to a set or map (`@name`) or the
 * catch-all element (`*`). A boolean asks whether something exists. An array is a list of flags.
 */
export type Expression = string | number | boolean | readonly Expression[] | ObjectExpression;

/** Every expression that is an object. */
export type ObjectExpression = OneOf<ExpressionBodies>;

/** What stands under each expression's only key. */
export interface ExpressionBodies extends VerdictBodies {
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
  readonly jhash: JenkinsHash;
  readonly symhash: { readonly mod: number; readonly offset?: number };
  /** Two or more parts, told apart by ` . ` in text. */
  readonly concat: readonly Expression[];
  readonly prefix: { readonly addr: Expression; readonly len: number };
  /** Both ends belong to it. */
  readonly range: readonly [Expression, Expression];
  /** An anonymous set, or with pairs an anonymous map. */
  readonly set: readonly Element[];
  readonly map: MapLookup;
  readonly elem: AnnotatedElement;
  /** Two operands; more since nft 1.1.0 (a list of flags counts as their `|`). */
  readonly '|': readonly Expression[];
  readonly '&': readonly Expression[];
  readonly '^': readonly Expression[];
  readonly '<<': readonly Expression[];
  readonly '>>': readonly Expression[];
  /** Something this module does not know, kept as it came. It has no text. */
  readonly unknown: unknown;
}

/** What a packet's fate can be, as a statement and as the value of a verdict map. */
export interface VerdictBodies {
  readonly accept: null;
  readonly drop: null;
  readonly continue: null;
  readonly return: null;
  readonly jump: { readonly target: string };
  readonly goto: { readonly target: string };
}

export type Verdict = OneOf<VerdictBodies>;

/** One entry of a set, or `[key, value]` of a map. */
export type Element = Exclude<Expression, readonly Expression[]> | Mapping;
export type Mapping = readonly [key: Expression, value: Expression];

/** A key with what belongs to it. In a map it stands in the key's place. */
export interface AnnotatedElement {
  readonly val: Expression;
  /** Seconds an entry lives. */
  readonly timeout?: number;
  /** Seconds it has left. */
  readonly expires?: number;
  readonly comment?: string;
  /** Where the set counts each entry. */
  readonly counter?: CounterState | null;
}

export interface MapLookup {
  readonly key: Expression;
  readonly data: Expression;
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

export interface ConnectionField {
  readonly key: CtKey;
  readonly dir?: CtDirection;
  readonly family?: AddressFamily;
}

export interface Ipsec {
  readonly key: IpsecKey;
  readonly dir: IpsecDirection;
  readonly family?: AddressFamily;
  /** Which transformation, from 0 for the outermost. */
  readonly spnum?: number;
}

export interface JenkinsHash {
  readonly expr: Expression;
  readonly mod: number;
  readonly seed?: number;
  readonly offset?: number;
}
