/** A log that a test can read. */
import { pino } from 'pino';
import type { Logger } from '../../../agent/log.ts';

/** One line of it. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A log and its lines so far. */
export interface RecordedLog {
  readonly log: Logger;
  readonly lines: readonly LogLine[];
}

/** A log that keeps every line. */
export function recordLog(): RecordedLog {
  const lines: LogLine[] = [];
  const write = (text: string): void => void lines.push(JSON.parse(text) as LogLine);
  return { log: pino({ level: 'debug' }, { write }), lines };
}
