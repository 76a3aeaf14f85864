/** Named things of a ruleset, as nft prints them and as commands create them. */
import type { Element, Expression } from './expression.ts';
import type { OneOf } from './one-of.ts';
import type { Rate, StateStatement } from './state.ts';
import type { Statement } from './statement.ts';
import type {
  AddressFamily,
  ChainPolicy,
  ChainType,
  Family,
  Hook,
  SetFlag,
  SetPolicy,
  SynproxyFlag,
  TableFlag,
} from './words.ts';

/** Every named thing; `handle` is the kernel's number for it, and only in what nft prints. */
export type NftObject = OneOf<ObjectBodies>;

/** What stands under each object's only key. */
export interface ObjectBodies {
  readonly table: Table;
  readonly chain: Chain;
  readonly rule: Rule;
  readonly set: NamedSet;
  readonly map: NamedMap;
  readonly element: Elements;
  readonly flowtable: Flowtable;
  readonly counter: NamedCounter;
  readonly quota: NamedQuota;
  readonly limit: NamedLimit;
  readonly 'ct helper': CtHelper;
  readonly 'ct timeout': CtTimeout;
  readonly 'ct expectation': CtExpectation;
  readonly secmark: Secmark;
  readonly synproxy: NamedSynproxy;
}

/** A table: all that follows lives in one. */
export interface Table {
  readonly family: Family;
  readonly name: string;
  readonly handle?: number;
  /** In JSON since nft 1.0.8: older ones neither print nor take it. */
  readonly comment?: string;
  readonly flags?: readonly TableFlag[];
}

/** What all things inside a table have in common. */
export interface TableMember {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  readonly handle?: number;
  /** nft reads a chain's from JSON since 1.0.8, a set's or map's only from text. */
  readonly comment?: string;
}

/** A base chain has `type`, `hook` and `prio`; one without a hook is called by rules. */
export interface Chain extends TableMember {
  readonly type?: ChainType;
  readonly hook?: Hook;
  readonly prio?: number;
  readonly policy?: ChainPolicy;
  /** The devices of an ingress or egress chain. */
  readonly dev?: string | readonly string[];
}

/** A rule of a chain; it has no name. */
export interface Rule {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** In `replace` and `insert` the rule to replace or to stand before. `add` takes no notice of it. */
  readonly handle?: number;
  /** In `add` the rule to follow, in `insert` the rule to precede; from 0. */
  readonly index?: number;
  readonly comment?: string;
  readonly expr: readonly Statement[];
}

/**
 * A datatype, the datatypes of a concatenation, or an expression whose type it is. `typeof` reads
 * and prints as JSON since nft 1.1.2 (and 1.0.6.1); older ones have it as text only.
 */
export type DataType = string | readonly string[] | { readonly typeof: Expression };

/** A set that rules refer to as `@name`. */
export interface NamedSet extends TableMember {
  readonly type: DataType;
  readonly policy?: SetPolicy;
  readonly flags?: readonly SetFlag[];
  readonly elem?: readonly Element[];
  /** Seconds. */
  readonly timeout?: number;
  /** Seconds. */
  readonly 'gc-interval'?: number;
  readonly size?: number;
  readonly 'auto-merge'?: boolean;
  /** What each element keeps account of. */
  readonly stmt?: readonly StateStatement[];
}

/** A map that rules refer to as `@name`. */
export interface NamedMap extends NamedSet {
  /**
   * The type of the values: a datatype, `verdict`, or the kind of a named object. nft before 1.1.0 cannot
   * read a concatenation here and prints it as one string (which the parser splits).
   */
  readonly map: DataType;
}

/** Entries of a set or map. */
export interface Elements {
  readonly family: Family;
  readonly table: string;
  readonly name: string;
  readonly elem: readonly Element[];
}

/** Where connections bypass the rules once they are known. */
export interface Flowtable extends TableMember {
  readonly hook?: Hook;
  readonly prio?: number;
  readonly dev?: string | readonly string[];
}

/** A counter that several rules share. */
export interface NamedCounter extends TableMember {
  readonly packets?: number;
  readonly bytes?: number;
}

/** A quota that several rules share; in bytes. */
export interface NamedQuota extends TableMember {
  readonly bytes: number;
  readonly used?: number;
  readonly inv?: boolean;
}

/** A limit that several rules share. */
export interface NamedLimit extends TableMember, Rate {}

/** A conntrack helper that rules assign. */
export interface CtHelper extends TableMember {
  /** The kernel's helper: `ftp`, `tftp`, ... */
  readonly type: string;
  /** A number (which has no text) where the system cannot name it: without /etc/protocols. */
  readonly protocol: string | number;
  readonly l3proto?: AddressFamily | 'inet';
}

/** Conntrack timeouts that rules assign. */
export interface CtTimeout extends TableMember {
  readonly protocol: string | number;
  readonly l3proto?: AddressFamily | 'inet';
  /** Seconds by connection state; `null` where nothing differs from the kernel's defaults. */
  readonly policy?: Readonly<Record<string, number>> | null;
}

/** A connection that conntrack is told to expect. */
export interface CtExpectation extends TableMember {
  readonly protocol: string | number;
  readonly l3proto?: AddressFamily | 'inet';
  readonly dport: number;
  /** Milliseconds. */
  readonly timeout: number;
  readonly size: number;
}

/** A security context that rules assign. */
export interface Secmark extends TableMember {
  readonly context: string;
}

/** A SYN proxy that several rules share. */
export interface NamedSynproxy extends TableMember {
  readonly mss: number;
  readonly wscale: number;
  readonly flags?: readonly SynproxyFlag[];
}
