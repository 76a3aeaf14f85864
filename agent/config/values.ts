/**
 * The kinds of values that a configuration holds: what is expected, in words for an error, and how
 * it is read. network-values.ts has the rest of them.
 */
import type { PortRange } from '../../rules/userspace/port-allocation.ts';
import { parseGoDuration } from './go-duration.ts';
import { PROXY_MODES, type ProxyMode } from './proxy-mode.ts';

/** One kind of value. */
export interface ValueKind<T> {
  /** Completes the sentence "expected ...". */
  readonly expected: string;
  /** The value as the agent uses it; `undefined` when it is not of this kind. */
  readonly read: (value: unknown) => T | undefined;
}

/** Any text. */
export const text: ValueKind<string> = {
  expected: 'text',
  read: (value) => (typeof value === 'string' ? value : undefined),
};

/** `true` or `false`; YAML 1.2 has no yes and no. */
export const boolean: ValueKind<boolean> = {
  expected: 'true or false',
  read: (value) => (typeof value === 'boolean' ? value : undefined),
};

/** Any finite number. */
export const number: ValueKind<number> = {
  expected: 'a number',
  read: (value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
};

/** A whole number between two bounds, both included. */
export function wholeNumber(min: number, max = MAX_INT32): ValueKind<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    read: (value) =>
      typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
        ? value
        : undefined,
  };
}

/** A duration of zero or more, in milliseconds. */
export const duration: ValueKind<number> = {
  expected: 'a duration of 0s or more, such as "250ms" or "1m30s"',
  read: (value) => readDuration(value, (ms) => ms >= 0),
};

/** A duration above zero, in milliseconds. */
export const positiveDuration: ValueKind<number> = {
  expected: 'a duration above 0s, such as "250ms" or "1m30s"',
  read: (value) => readDuration(value, (ms) => ms > 0),
};

/** How long a timer may run; Node's timers hold 31 bits of milliseconds and fire at once beyond. */
export const timerDuration: ValueKind<number> = {
  expected: 'a duration above 0s and up to 576h, such as "30s" or "1m30s"',
  read: (value) => readDuration(value, (ms) => ms > 0 && ms <= MAX_TIMER_MS),
};

/** A duration, or the number of its nanoseconds; in milliseconds. Only logging has this kind. */
export const durationOrNanoseconds: ValueKind<number> = {
  expected: 'a duration of 0s or more, such as "5s", or a number of nanoseconds',
  read: (value) => {
    const nanoseconds = number.read(value);
    if (nanoseconds === undefined) return duration.read(value);
    return nanoseconds >= 0 ? nanoseconds / 1e6 : undefined;
  },
};

/** One of a closed set of words. */
export function oneOf<const T extends string>(words: readonly T[]): ValueKind<T> {
  return {
    expected: words.map((word) => JSON.stringify(word)).join(' or '),
    read: (value) => words.find((word) => word === value),
  };
}

/** A proxy mode. */
export const proxyMode: ValueKind<ProxyMode> = {
  expected: `${oneOf(PROXY_MODES).expected} (no other mode is available in this version)`,
  read: oneOf(PROXY_MODES).read,
};

/** Ports as `a-b`, `a+n` or `a`. */
export const portRange: ValueKind<string> = {
  expected: 'a range of ports such as "30000-32767"',
  read: (value) => readText(value, (given) => parsePortRange(given) && given),
};

/** Ports to listen at, in the same form. */
export const listenerPorts: ValueKind<string> = {
  expected: 'a range of ports above 0 such as "20000-29999"',
  read: (value) =>
    readText(value, (given) => ((parsePortRange(given)?.from ?? 0) > 0 ? given : undefined)),
};

/** A number of bytes, with Kubernetes' suffixes: `0`, `512`, `64Ki`, `1M`. */
export const byteQuantity: ValueKind<string> = {
  expected: 'a number of bytes such as "0" or "64Ki"',
  read: (value) => {
    const quantity = typeof value === 'number' ? String(value) : value;
    return readText(quantity, (given) => (BYTE_QUANTITY.test(given) ? given : undefined));
  },
};

/** Reads a value that is written as text. */
export function readText<T>(
  value: unknown,
  parse: (given: string) => T | undefined,
): T | undefined {
  return typeof value === 'string' ? parse(value) : undefined;
}

/** The ends of a range of ports; `undefined` when it is none. */
export function parsePortRange(given: string): PortRange | undefined {
  const [, first, separator, second = '0'] =
    /^([0-9]{1,5})(?:([-+])([0-9]{1,5}))?$/.exec(given) ?? [];
  if (first === undefined) return undefined;
  const from = Number(first);
  const to = separator === '-' ? Number(second) : from + Number(second);
  return from <= to && to <= 65535 ? { from, to } : undefined;
}

// --- internal ---

const MAX_INT32 = 2 ** 31 - 1;
const MAX_TIMER_MS = 576 * 60 * 60 * 1000;
const BYTE_QUANTITY = /^[0-9]+([kMGT]|[KMGT]i)?$/;

function readDuration(value: unknown, fits: (ms: number) => boolean): number | undefined {
  const milliseconds = readText(value, parseGoDuration);
  return milliseconds !== undefined && fits(milliseconds) ? milliseconds : undefined;
}
