/**
 * Go's way to write durations, `1h30m`, `250ms`, `0s`, as Kubernetes' configuration files do.
 */

/** The milliseconds in a Go duration, exact to the nanosecond; `undefined` when it is not one. */
export function parseGoDuration(text: string): number | undefined {
  const unsigned = text.replace(/^[+-]/, '');
  if (unsigned === '0') return 0;
  if (!DURATION.test(unsigned)) return undefined;
  let milliseconds = 0;
  for (const [, number, unit = ''] of unsigned.matchAll(TERM)) {
    milliseconds += Number(number) * (MILLISECONDS[unit] ?? NaN);
  }
  if (milliseconds > MAX_MS) return undefined;
  const exact = Math.round(milliseconds * 1e6) / 1e6;
  return text.startsWith('-') ? 0 - exact : exact;
}

/** Writes milliseconds as Go does: `1m30s`, `250ms`, `0s`. */
export function formatGoDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatGoDuration(-milliseconds)}`;
  if (milliseconds > 0 && milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / HOUR);
  const minutes = Math.floor((milliseconds % HOUR) / MINUTE);
  const seconds = `${(milliseconds % MINUTE) / SECOND}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

// --- internal ---

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const MILLISECONDS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  // Go takes the micro sign and the Greek letter.
  '\u00b5s': 1e-3,
  '\u03bcs': 1e-3,
  ms: 1,
  s: SECOND,
  m: MINUTE,
  h: HOUR,
};

/** Go counts nanoseconds in 64 bits, with a sign. */
const MAX_MS = 2 ** 63 / 1e6;

const TERM = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;
const DURATION = new RegExp(`^(${TERM.source})+$`);
