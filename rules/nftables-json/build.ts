/**
 * Short ways to write what rules are made of most. Everything else is written as it is in JSON:
 * `{ limit: { rate: 10, per: 'second' } }`.
 */
import type { Element, Expression, ExpressionBodies, VerdictBodies } from './expression.ts';
import type { ConnectionField } from './selector.ts';
import type { Match, Nat, PortNat, Reject, StatementBodies } from './statement.ts';
import type { CtDirection, CtKey, FibFlag, FibResult, MetaKey, NumgenMode } from './words.ts';

// Expressions.

/** `tcp dport`; protocol `th` is any transport with ports. */
export function payload(protocol: string, field: string): Pick<ExpressionBodies, 'payload'> {
  return { payload: { protocol, field } };
}

/** `meta mark`, `iifname` */
export function meta(key: MetaKey): Pick<ExpressionBodies, 'meta'> {
  return { meta: { key } };
}

/** `ct state`, `ct original ip daddr` */
export function ct(key: CtKey, dir?: CtDirection): Pick<ExpressionBodies, 'ct'> {
  const field: ConnectionField = dir === undefined ? { key } : { key, dir };
  return { ct: field };
}

/** `fib daddr . iif type` */
export function fib(result: FibResult, flags: readonly FibFlag[]): Pick<ExpressionBodies, 'fib'> {
  return { fib: { result, flags } };
}

/** A number from `offset` on, below `offset + mod`: `numgen random mod 2`. */
export function numgen(
  mode: NumgenMode,
  mod: number,
  offset = 0,
): Pick<ExpressionBodies, 'numgen'> {
  return { numgen: { mode, mod, offset } };
}

/** `ip daddr . tcp dport` */
export function concat(...parts: readonly Expression[]): Pick<ExpressionBodies, 'concat'> {
  return { concat: parts };
}

/** `10.0.0.0/8` */
export function prefix(addr: string, len: number): Pick<ExpressionBodies, 'prefix'> {
  return { prefix: { addr, len } };
}

/** `@name`: the set or map of that name. */
export function ref(name: string): string {
  return `@${name}`;
}

/** `{ 80, 443 }`, or with pairs `{ 80 : accept, 443 : drop }` */
export function anonymousSet(...elements: readonly Element[]): Pick<ExpressionBodies, 'set'> {
  return { set: elements };
}

/** `ip saddr map @name`: the value that the map has for a key. */
export function mapLookup(key: Expression, data: Expression): Pick<ExpressionBodies, 'map'> {
  return { map: { key, data } };
}

// Verdicts: statements, and the values of verdict maps.

/** Ends evaluation in this hook's chain: the packet goes on. */
export function accept(): Pick<VerdictBodies, 'accept'> {
  return { accept: null };
}

/** Ends evaluation: the packet is gone. */
export function drop(): Pick<VerdictBodies, 'drop'> {
  return { drop: null };
}

/** Goes on in another chain and comes back when that is through. */
export function jump(target: string): Pick<VerdictBodies, 'jump'> {
  return { jump: { target } };
}

/** Goes on in another chain and does not come back to this one. */
export function goto(target: string): Pick<VerdictBodies, 'goto'> {
  return { goto: { target } };
}

// Statements.

/** `ip daddr @name`, `meta mark & 0x4000 != 0` */
export function match(
  left: Expression,
  op: Match['op'],
  right: Expression,
): Pick<StatementBodies, 'match'> {
  return { match: { op, left, right } };
}

/** `ip daddr vmap @name`: the verdict that the map has for a key, if it has one. */
export function vmap(key: Expression, data: Expression): Pick<StatementBodies, 'vmap'> {
  return { vmap: { key, data } };
}

/** `meta mark set 1` */
export function mangle(key: Expression, value: Expression): Pick<StatementBodies, 'mangle'> {
  return { mangle: { key, value } };
}

/** `dnat ip to 10.0.0.1:80` */
export function dnat(nat: Nat): Pick<StatementBodies, 'dnat'> {
  return { dnat: nat };
}

/** `snat ip to 10.0.0.1` */
export function snat(nat: Nat): Pick<StatementBodies, 'snat'> {
  return { snat: nat };
}

/** `masquerade fully-random` */
export function masquerade(nat: PortNat | null = null): Pick<StatementBodies, 'masquerade'> {
  return { masquerade: nat };
}

/** `reject with tcp reset`; without a type the protocol's "port unreachable". */
export function reject(reply: Reject | null = null): Pick<StatementBodies, 'reject'> {
  return { reject: reply };
}

/** Counts packets and bytes in the rule, from zero. */
export function counter(): Pick<StatementBodies, 'counter'> {
  return { counter: null };
}
