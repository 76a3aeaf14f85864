/**
 * Nothing can be injected: in every sample of every kind, every string and number in turn is
 * replaced by hostile text. Either that is refused, or it stands in quotes and changes nothing else.
 */
import { expect } from 'chai';
import { NftJsonError, renderCommand, type Command } from '../../../rules/nftables-json/index.ts';
import { COMMANDS, FLUSHED, LISTED, REFERENCES, RESET } from './samples/commands.ts';
import { EXPRESSIONS } from './samples/expressions.ts';
import { OBJECTS } from './samples/objects.ts';
import { casesOf, type Case } from './samples/sample.ts';
import { STATEMENTS } from './samples/statements.ts';

const HOSTILE = [
  'x; flush ruleset',
  'x\nflush ruleset',
  'x" accept comment "',
  'x } ; flush ruleset ; #',
  'x accept',
  '{ accept }',
  '1accept',
  '80-90',
  '1:2',
  '$x',
  '@x accept',
  'x\\',
  '',
];

const COMMAND_CASES: readonly Case[] = [
  ...casesOf(EXPRESSIONS).map((sample) =>
    inCommand(sample, ruleOf({ vmap: { key: sample.json, data: '@verdicts' } })),
  ),
  ...casesOf(STATEMENTS).map((sample) => inCommand(sample, ruleOf(sample.json))),
  ...casesOf(OBJECTS).map((sample) => inCommand(sample, { add: sample.json })),
  ...casesOf(COMMANDS),
  ...casesOf(REFERENCES).map((sample) => inCommand(sample, { delete: sample.json })),
  ...casesOf(FLUSHED).map((sample) => inCommand(sample, { flush: sample.json })),
  ...casesOf(LISTED).map((sample) => inCommand(sample, { list: sample.json })),
  ...casesOf(RESET).map((sample) => inCommand(sample, { reset: sample.json })),
];

describe('nftables-json with hostile text', () => {
  for (const { kind, json, text } of COMMAND_CASES) {
    it(`lets none of it through at any place in ${kind}: ${text}`, () => {
      const honest = renderCommand(commandOf(json));
      for (const path of leavesOf(json)) {
        for (const hostile of HOSTILE) {
          const outcome = attempt(replaced(json, path, hostile));
          if (outcome === undefined) continue;
          expectHarmless(outcome, honest, hostile, path);
        }
      }
    });
  }
});

// --- internal ---

type Path = readonly (string | number)[];

function inCommand({ kind, text }: Case, json: object): Case {
  return { kind, text, json: { ...json } };
}

function ruleOf(statement: unknown): object {
  return { add: { rule: { family: 'ip', table: 'shop', chain: 'entry', expr: [statement] } } };
}

/** As it comes from a caller who has no compiler. */
function commandOf(json: unknown): Command {
  return json as Command;
}

/** The text, or undefined when it is refused as it should be. */
function attempt(json: unknown): string | undefined {
  try {
    return renderCommand(commandOf(json));
  } catch (error) {
    if (error instanceof NftJsonError) return undefined;
    throw error;
  }
}

/**
 * What got through is a quoted string where there was a value. Or it was never printed: a handle
 * in `add`, a listing's version, what `in` and `==` stand for.
 */
function expectHarmless(text: string, honest: string, hostile: string, path: Path): void {
  const where = `${path.join('.')} = ${JSON.stringify(hostile)} gave ${text}`;
  if (text === honest) return;
  const quotes = text.split('"');
  expect(quotes.length % 2, where).to.equal(1);
  const quotedParts = quotes.filter((_, index) => index % 2 === 1);
  const bareParts = quotes.filter((_, index) => index % 2 === 0);
  expect(quotedParts, where).to.include(hostile);
  const honestWords = new Set(tokens(honest));
  for (const token of bareParts.flatMap(tokens)) expect(honestWords, where).to.include(token);
}

function tokens(text: string): string[] {
  return text.split(/[\s,()[\]/:"-]+/).filter((token) => token !== '');
}

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value === 'string' || typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => leavesOf(child, [...path, key]));
}

function replaced(value: unknown, path: Path, leaf: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return leaf;
  if (Array.isArray(value)) {
    return value.map((child: unknown, index) =>
      String(index) === key ? replaced(child, rest, leaf) : child,
    );
  }
  const children = value as Readonly<Record<string, unknown>>;
  return { ...children, [key]: replaced(children[key], rest, leaf) };
}
