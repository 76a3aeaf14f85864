/** Statements with a memory: they stand in a rule, or in a set, where each element has its own. */
import type { OneOf } from './one-of.ts';
import type { RateUnit, TimeUnit } from './words.ts';

/** What stands under each stateful statement's only key; named objects have the same parts. */
export interface StateBodies {
  /** `null` starts from zero. */
  readonly counter: CounterState | null;
  readonly limit: Rate;
  readonly quota: QuotaState;
  /** `null`: no packet has been seen. */
  readonly last: { readonly used: number } | null;
  readonly 'ct count': ConnectionCount;
  /** Something this module does not know, kept as it came. It has no text. */
  readonly unknown: unknown;
}

/** Every stateful statement. */
export type StateStatement = OneOf<StateBodies>;

/** What has been counted. */
export interface CounterState {
  readonly packets: number;
  readonly bytes: number;
}

/** Matches while traffic stays under the rate; with `inv` when it is over. */
export interface Rate {
  readonly rate: number;
  /** `packets` when absent. */
  readonly rate_unit?: RateUnit;
  readonly per: TimeUnit;
  /** 0 and absent both leave it to nft: 5 packets. */
  readonly burst?: number;
  /** `bytes` when absent; for packets without meaning. */
  readonly burst_unit?: RateUnit;
  readonly inv?: boolean;
}

/** Matches until so much has passed; with `inv` from then on. */
export interface QuotaState {
  readonly val: number;
  /** `bytes` when absent. */
  readonly val_unit?: RateUnit;
  readonly used?: number;
  readonly used_unit?: RateUnit;
  readonly inv?: boolean;
}

/** Matches up to so many connections; with `inv` above. */
export interface ConnectionCount {
  readonly val: number;
  readonly inv?: boolean;
}
