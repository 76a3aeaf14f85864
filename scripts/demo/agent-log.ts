/** What an agent says about its work, from its JSON log. */
import { z } from 'zod';
import { IP_FAMILIES } from '../../rules/ip.ts';

/** A transaction is in the kernel. */
export type AppliedEntry = z.infer<typeof APPLIED>;

/** One change of a transaction, as `switchyard diff` would have shown it. */
export type ChangedEntry = z.infer<typeof CHANGED>;

/** Anything else, for people to read. */
export interface OtherEntry {
  readonly msg: 'other';
  readonly text: string;
}

/** One line of the log. */
export type LogEntry = AppliedEntry | ChangedEntry | OtherEntry;

/** Reads one line of a log written with `--logging-format json`. */
export function parseLogLine(text: string): LogEntry {
  const json = jsonOf(text);
  return KNOWN.safeParse(json).data ?? { msg: 'other', text: OTHER.safeParse(json).data ?? text };
}

// --- internal ---

const FAMILY = z.enum(IP_FAMILIES);

const APPLIED = z.object({
  msg: z.literal('applied'),
  /** When, in ms since the epoch. */
  time: z.iso.datetime().transform((text) => Date.parse(text)),
  family: FAMILY,
  /** How many elements of sets and maps. */
  added: z.number(),
  replaced: z.number(),
  removed: z.number(),
  /** How long the transaction itself took. */
  elapsedMs: z.number(),
});

const CHANGED = z.object({
  msg: z.literal('changed'),
  family: FAMILY,
  /** `default/web:http`, or `table` for what belongs to no Service. */
  service: z.string(),
  /** Begins with `+`, `-` or `~`. */
  change: z.string(),
});

const KNOWN = z.discriminatedUnion('msg', [APPLIED, CHANGED]);

/** Whatever else an agent says is a message, and some say what they are about. */
const OTHER = z
  .object({
    level: z.string(),
    msg: z.string(),
    problem: z.string().optional(),
    error: z.string().optional(),
  })
  .transform(({ level, msg, problem, error }) =>
    [level, msg, problem, error].filter((part) => part !== undefined).join(': '),
  );

/** The value, or nothing if the line is no JSON: a stack trace, for instance. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
