/**
 * The log: one line a fact on standard error, as JSON or as text for people. Standard output belongs
 * to what a command prints.
 */
import { pino, type Logger } from 'pino';
import type { AgentConfig } from './config/agent-config.ts';

export type { Logger } from 'pino';

/** The agent's log, as configured; verbosity 2 and above is debug, as with klog. */
export function createLog({ format, verbosity }: AgentConfig['logging']): Logger {
  const options = {
    level: levelOf(verbosity),
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
  };
  // Synchronous: the last line before an exit or a crash is the one that matters.
  return format === 'json'
    ? pino(options, pino.destination({ fd: 2, sync: true }))
    : pino(options, { write: (line) => process.stderr.write(textLine(line)) });
}

/** Makes a log as talkative as configured. */
export function setVerbosity(log: Logger, verbosity: number): void {
  log.level = levelOf(verbosity);
}

// --- internal ---

function levelOf(verbosity: number): string {
  return verbosity >= 2 ? 'debug' : 'info';
}

/** `2026-11-21T10:00:00.000Z info  synced family=IPv4 services=3` */
function textLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const details = Object.entries(fields).map(([name, value]) => ` ${name}=${fieldText(value)}`);
  const message = /[\p{Cc}\p{Cf}]/u.test(String(msg)) ? quoted(msg) : String(msg);
  return `${String(time)} ${String(level).padEnd(5)} ${message}${details.join('')}\n`;
}

/** Quoted where a space would make it two fields, or a control character a second line. */
function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"\p{Cc}\p{Cf}]+$/u.test(text) ? text : quoted(value);
}

/** As JSON, and without those characters that JSON leaves alone and a terminal might obey. */
function quoted(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
