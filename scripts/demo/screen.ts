/** Everything that the demo prints: plain lines, with colours where a terminal shows them. */
import { styleText } from 'node:util';
import { BAR, type BarColumn, drawBars } from './view/bars.ts';
import { wrapLine } from './view/wrap.ts';

/** One line under a heading. */
export function say(text = ''): void {
  const line = text === '' ? '' : INDENT + text;
  process.stdout.write(`${line}\n`);
}

/** The heading of an act, with a line about it. */
export function heading(text: string, about = ''): void {
  process.stdout.write(`\n${styleText('bold', text)}${about === '' ? '' : `: ${about}`}\n\n`);
}

/** Something beside the matter. */
export function remark(text: string): void {
  say(styleText('dim', text));
}

/** What happened, and the details. */
export function event(what: string, details: string): void {
  say(`${styleText('bold', what.padEnd(EVENT_WIDTH))} ${details}`);
}

/** Something that is as it should be, or is not. */
export function verdict(isGood: boolean, text: string): void {
  say(styleText(isGood ? 'green' : 'red', text));
}

/** Bars, as `drawBars` has them. */
export function bars(rows: readonly string[], columns: readonly BarColumn[]): void {
  const coloured = new RegExp(`${BAR}+`, 'g');
  for (const line of drawBars(rows, columns)) {
    say(line.replace(coloured, (bar) => styleText('cyan', bar)));
  }
}

/** Changes that begin with `+`, `-` or `~`. */
export function changes(lines: readonly string[]): void {
  for (const line of lines) {
    const colour = changeColour(line);
    for (const piece of wrapLine(line, CHANGE_WIDTH)) say(`    ${styleText(colour, piece)}`);
  }
}

// --- internal ---

const INDENT = '   ';

const EVENT_WIDTH = 9;

const CHANGE_WIDTH = 92;

function changeColour(line: string): 'green' | 'red' | 'yellow' {
  if (line.startsWith('+')) return 'green';
  return line.startsWith('-') ? 'red' : 'yellow';
}
