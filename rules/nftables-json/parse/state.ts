/** Stateful statements from JSON. */
import type { CounterState, QuotaState, Rate, StateBodies, StateStatement } from '../state.ts';
import { RATE_UNITS, TIME_UNITS } from '../words.ts';
import { oneOfKinds } from './kind.ts';
import { boolean, integer, oneOf, orNull, shape, type Reader, type Readers } from './reader.ts';

/** What has been counted. */
export const counterState: Reader<CounterState> = shape({ packets: integer, bytes: integer });

/** The properties of a limit, anonymous or named. */
export const rateFields = { rate: integer, per: oneOf(TIME_UNITS) };
/** Its optional properties. */
export const rateOptions = {
  rate_unit: oneOf(RATE_UNITS),
  burst: integer,
  burst_unit: oneOf(RATE_UNITS),
  inv: boolean,
};

/** An anonymous limit. */
export const rate: Reader<Rate> = shape(rateFields, rateOptions);

/** An anonymous quota. */
export const quotaState: Reader<QuotaState> = shape(
  { val: integer },
  { val_unit: oneOf(RATE_UNITS), used: integer, used_unit: oneOf(RATE_UNITS), inv: boolean },
);

/** When a packet was last seen. */
export const last: Reader<StateBodies['last']> = orNull(shape({ used: integer }));

/** A limit of connections. */
export const connectionCount: Reader<StateBodies['ct count']> = shape(
  { val: integer },
  { inv: boolean },
);

/** A stateful statement as it stands in a set, a meter or an update. */
export const stateStatement: Reader<StateStatement> = oneOfKinds({
  counter: orNull(counterState),
  limit: rate,
  quota: quotaState,
  last,
  'ct count': connectionCount,
} satisfies Readers<Omit<StateBodies, 'unknown'>>);
