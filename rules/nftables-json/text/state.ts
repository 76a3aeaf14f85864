/** Stateful statements as nft text. */
import { NftJsonError, shown } from '../error.ts';
import type { CounterState, QuotaState, Rate, StateBodies, StateStatement } from '../state.ts';
import { RATE_UNITS, TIME_UNITS } from '../words.ts';
import { natural, oneOf } from './atoms.ts';

/** A stateful statement as it stands in a set, a meter or an update. */
export function renderState(statement: StateStatement): string {
  if ('counter' in statement) return renderCounter(statement.counter);
  if ('limit' in statement) return renderLimit(statement.limit);
  if ('quota' in statement) return renderQuota(statement.quota);
  if ('last' in statement) return renderLast(statement.last);
  if ('ct count' in statement) return renderConnectionCount(statement['ct count']);
  throw new NftJsonError(`there is no text for the unknown statement ${shown(statement)}`);
}

/** `counter`, with what it has counted. */
export function renderCounter(state: CounterState | null): string {
  return state === null ? 'counter' : `counter ${renderCounts(state)}`;
}

/** `packets 1 bytes 60` */
export function renderCounts({ packets, bytes }: CounterState): string {
  return `packets ${natural(packets)} bytes ${natural(bytes)}`;
}

/** `limit rate over 10/second burst 5 packets` */
export function renderLimit(rate: Rate): string {
  return `limit ${renderRate(rate)}`;
}

/** `rate over 10/second burst 5 packets` */
export function renderRate({ rate, rate_unit, per, burst = 0, burst_unit, inv }: Rate): string {
  const over = inv === true ? 'over ' : '';
  const isBytes = rate_unit !== undefined && oneOf(RATE_UNITS, rate_unit) !== 'packets';
  const unit = isBytes ? ` ${rate_unit}` : '';
  const text = `rate ${over}${natural(rate)}${unit}/${oneOf(TIME_UNITS, per)}`;
  if (burst === 0) return text;
  return `${text} burst ${natural(burst)} ${isBytes ? oneOf(RATE_UNITS, burst_unit ?? 'bytes') : 'packets'}`;
}

/** `quota over 10 mbytes used 2 mbytes` */
export function renderQuota({ val, val_unit, used = 0, used_unit, inv }: QuotaState): string {
  const over = inv === true ? 'over ' : '';
  const text = `quota ${over}${natural(val)} ${oneOf(RATE_UNITS, val_unit ?? 'bytes')}`;
  if (used === 0) return text;
  return `${text} used ${natural(used)} ${oneOf(RATE_UNITS, used_unit ?? 'bytes')}`;
}

/** `last used 1591ms`; since nft 1.0.7. */
export function renderLast(last: StateBodies['last']): string {
  return last === null ? 'last' : `last used ${natural(last.used)}ms`;
}

/** `ct count over 10` */
export function renderConnectionCount({ val, inv }: StateBodies['ct count']): string {
  return `ct count ${inv === true ? 'over ' : ''}${natural(val)}`;
}
