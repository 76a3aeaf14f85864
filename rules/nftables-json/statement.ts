/** Statements: what a rule consists of. */
import type { Expression, MapLookup, VerdictBodies } from './expression.ts';
import type { OneOf } from './one-of.ts';
import type { StateBodies, StateStatement } from './state.ts';
import type {
  AddressFamily,
  LogFlag,
  LogLevel,
  MatchOperator,
  NatFlag,
  NatTypeFlag,
  QueueFlag,
  RejectType,
  SetOperation,
  SynproxyFlag,
} from './words.ts';

/** Every statement. */
export type Statement = OneOf<StatementBodies>;

/** A named object, or a map lookup that finds one. */
export type ObjectRef = Expression;

/** What stands under each statement's only key. */
export interface StatementBodies extends VerdictBodies, Pick<StateBodies, 'last' | 'ct count'> {
  readonly match: Match;
  readonly vmap: MapLookup;
  readonly mangle: { readonly key: Expression; readonly value: Expression };
  readonly set: SetUpdate;
  readonly map: MapUpdate;
  readonly snat: Nat | null;
  readonly dnat: Nat | null;
  readonly masquerade: PortNat | null;
  readonly redirect: PortNat | null;
  readonly reject: Reject | null;
  readonly counter: StateBodies['counter'] | ObjectRef;
  readonly limit: StateBodies['limit'] | ObjectRef;
  readonly quota: StateBodies['quota'] | ObjectRef;
  readonly log: Log | null;
  readonly notrack: null;
  readonly flow: FlowOffload;
  readonly fwd: Forward;
  readonly dup: { readonly addr: Expression; readonly dev?: Expression };
  readonly queue: Queue | null;
  readonly tproxy: Tproxy;
  readonly synproxy: SynproxyOptions | ObjectRef | null;
  /** Strips a TCP option. */
  readonly reset: Expression;
  readonly meter: Meter;
  readonly 'ct helper': ObjectRef;
  readonly 'ct timeout': ObjectRef;
  readonly 'ct expectation': ObjectRef;
  readonly secmark: ObjectRef;
  /** An xtables extension that iptables-nft left behind; nft can neither load nor change it. */
  readonly xt: unknown;
  /**
   * Something this module does not know, kept as it came. It has no text. A string is what nft
   * prints for a statement of which it has text but no JSON (1.0.6: updates of a map).
   */
  readonly unknown: unknown;
}

/** Goes on with the rule if the comparison holds. */
export interface Match {
  readonly op: MatchOperator;
  readonly left: Expression;
  readonly right: Expression;
}

/** Puts `elem` into the set (`@name`). */
export interface SetUpdate {
  readonly op: SetOperation;
  readonly elem: Expression;
  readonly set: string;
  readonly stmt?: readonly StateStatement[];
}

/** Puts `elem : data` into the map (`@name`). Read and printed as JSON since nft 1.0.9. */
export interface MapUpdate {
  readonly op: SetOperation;
  readonly elem: Expression;
  readonly data: Expression;
  readonly map: string;
  readonly stmt?: readonly StateStatement[];
}

/** `masquerade to :1024-65535 random`, `redirect to :80` */
export interface PortNat {
  readonly port?: Expression;
  readonly flags?: readonly NatFlag[];
}

/** `dnat ip to 10.0.0.1:80` */
export interface Nat extends PortNat {
  readonly family?: AddressFamily;
  readonly addr?: Expression;
  readonly type_flags?: readonly NatTypeFlag[];
}

/** `reject with icmp port-unreachable` */
export interface Reject {
  readonly type?: RejectType;
  /** The ICMP code, by name or number: needed for every type but `tcp reset`. */
  readonly expr?: Expression;
}

/** `log prefix "dropped: " level info` */
export interface Log {
  /** At most 127 bytes. */
  readonly prefix?: string;
  readonly group?: number;
  readonly snaplen?: number;
  readonly 'queue-threshold'?: number;
  readonly level?: LogLevel;
  readonly flags?: readonly LogFlag[];
}

/** `flow add @name` */
export interface FlowOffload {
  readonly op: 'add';
  /** `@name` */
  readonly flowtable: string;
}

/** `family` and `addr` come together or not at all. */
export interface Forward {
  readonly dev: Expression;
  readonly family?: AddressFamily;
  readonly addr?: Expression;
}

/** `queue flags bypass to 0-3` */
export interface Queue {
  readonly num?: Expression;
  readonly flags?: readonly QueueFlag[];
}

/** `tproxy ip to 10.0.0.1:80` */
export interface Tproxy {
  readonly family?: AddressFamily;
  readonly addr?: Expression;
  readonly port?: Expression;
}

/** `synproxy mss 1460 wscale 7 timestamp` */
export interface SynproxyOptions {
  readonly mss?: number;
  readonly wscale?: number;
  readonly flags?: readonly SynproxyFlag[];
}

/** `meter name { ip saddr limit rate 10/second }` */
export interface Meter {
  readonly name: string;
  readonly key: Expression;
  readonly stmt: StateStatement;
  readonly size?: number;
}
