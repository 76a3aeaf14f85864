/** Expressions: what a packet, its connection or the system is asked, and what that is compared with. */
import type { OneOf } from './one-of.ts';
import type { SelectorBodies } from './selector.ts';
import type { CounterState } from './state.ts';

/**
 * A string is a value (`10.0.0.1`, `tcp`, `eth*`), a reference to a set or map (`@name`) or the
 * catch-all element (`*`). A boolean asks whether something exists. An array is a list of flags.
 */
export type Expression = string | number | boolean | readonly Expression[] | ObjectExpression;

/** Every expression that is an object. */
export type ObjectExpression = OneOf<ExpressionBodies>;

/** What stands under each expression's only key. */
export interface ExpressionBodies extends VerdictBodies, SelectorBodies {
  readonly jhash: JenkinsHash;
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

/** Every verdict. */
export type Verdict = OneOf<VerdictBodies>;

/** One entry of a set, or `[key, value]` of a map. */
export type Element = Exclude<Expression, readonly Expression[]> | Mapping;
/** One entry of a map. */
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

/** `ip saddr map @name`, `ip saddr vmap { ... }` */
export interface MapLookup {
  readonly key: Expression;
  readonly data: Expression;
}

/** `jhash ip saddr . ip daddr mod 2 seed 1` */
export interface JenkinsHash {
  readonly expr: Expression;
  readonly mod: number;
  readonly seed?: number;
  readonly offset?: number;
}
