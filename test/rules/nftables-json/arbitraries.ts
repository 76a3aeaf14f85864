/** Rulesets at random: anything that the types allow, and what nft would never print too. */
import fc from 'fast-check';
import type {
  Command,
  Element,
  Expression,
  NftObject,
  Ruleset,
  Statement,
} from '../../../rules/nftables-json/index.ts';
import { COMMANDS, FLUSHED, LISTED, REFERENCES, RESET } from './samples/commands.ts';
import { EXPRESSIONS } from './samples/expressions.ts';
import { OBJECTS } from './samples/objects.ts';
import { casesOf, type Case } from './samples/sample.ts';
import { STATEMENTS } from './samples/statements.ts';

/** Any text; what the parser would take apart (`a . b`) or look up (`@x`) is among it. */
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('*', '@set', 'tcp', 'a.b'));
const count = fc.nat();
const name = fc.string({ minLength: 1 });
const family = fc.constantFrom('ip', 'ip6', 'inet', 'arp', 'bridge', 'netdev');

function sampleOf<T>(cases: readonly Case[]): fc.Arbitrary<T> {
  return fc.constantFrom(...cases).map(({ json }) => json as T);
}

const { expression, element } = fc.letrec<{ expression: Expression; element: Element }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    text,
    count,
    fc.boolean(),
    sampleOf<Expression>(casesOf(EXPRESSIONS)),
    fc.record({ concat: fc.array(tie('expression'), { minLength: 2, maxLength: 4 }) }),
    fc.record({ '|': fc.array(tie('expression'), { minLength: 2, maxLength: 3 }) }),
    fc.record({ range: fc.tuple(tie('expression'), tie('expression')) }),
    fc.record({ set: fc.array(tie('element'), { maxLength: 4 }) }),
    fc.record({ map: fc.record({ key: tie('expression'), data: tie('expression') }) }),
    fc.record({ elem: annotated(tie('expression')) }),
    fc.record({ unknown: fc.jsonValue() }),
    fc.array(tie('expression'), { maxLength: 3 }),
  ),
  element: fc.oneof(
    fc.tuple(tie('expression'), tie('expression')),
    tie('expression').filter((value) => !Array.isArray(value)),
  ) as fc.Arbitrary<Element>,
}));

function annotated(val: fc.Arbitrary<Expression>): fc.Arbitrary<{ val: Expression }> {
  return fc.record(
    {
      val,
      timeout: count,
      expires: count,
      comment: text,
      counter: fc.option(fc.record({ packets: count, bytes: count })),
    },
    { requiredKeys: ['val'] },
  );
}

const statement: fc.Arbitrary<Statement> = fc.oneof(
  sampleOf<Statement>(casesOf(STATEMENTS)),
  fc.record({
    match: fc.record({
      op: fc.constantFrom('==', '!=', '<', '>', '<=', '>=', 'in'),
      left: expression,
      right: expression,
    }),
  }),
  fc.record({ vmap: fc.record({ key: expression, data: expression }) }),
  fc.record({ unknown: fc.jsonValue() }),
);

const object: fc.Arbitrary<NftObject> = fc.oneof(
  sampleOf<NftObject>(casesOf(OBJECTS)),
  fc.record({
    rule: fc.record(
      { family, table: name, chain: name, expr: fc.array(statement), comment: text },
      { requiredKeys: ['family', 'table', 'chain', 'expr'] },
    ),
  }),
  fc.record({ element: fc.record({ family, table: name, name, elem: fc.array(element) }) }),
);

const command: fc.Arbitrary<Command> = fc.oneof(
  object,
  object.map((add) => ({ add })),
  sampleOf<Command>(casesOf(COMMANDS)),
  sampleOf<never>(casesOf(REFERENCES)).map((target) => ({ delete: target })),
  sampleOf<never>(casesOf(FLUSHED)).map((target) => ({ flush: target })),
  sampleOf<never>(casesOf(LISTED)).map((target) => ({ list: target })),
  sampleOf<never>(casesOf(RESET)).map((target) => ({ reset: target })),
);

export const anyRuleset: fc.Arbitrary<Ruleset> = fc.record({
  nftables: fc.array(command, { maxLength: 8 }),
});
