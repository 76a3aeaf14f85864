import { expect } from 'chai';
import {
  NftJsonError,
  parseRuleset,
  renderCommand,
  renderRuleset,
  type Command,
} from '../../../rules/nftables-json/index.ts';
import { META_KEYS } from '../../../rules/nftables-json/words.ts';
import { COMMANDS, FLUSHED, LISTED, REFERENCES, RESET } from './samples/commands.ts';
import { EXPRESSIONS } from './samples/expressions.ts';
import { OBJECTS } from './samples/objects.ts';
import { casesOf, POD, type Case } from './samples/sample.ts';
import { STATEMENTS } from './samples/statements.ts';

const inTable = { family: 'ip', table: 'shop' } as const;

/** Samples of one kind of thing, and how one of them stands in a command of its own. */
interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
  readonly json: (sample: Case['json']) => object;
  readonly text: (sample: string) => string;
}

const SUITES: readonly Suite[] = [
  {
    name: 'an expression',
    cases: casesOf(EXPRESSIONS),
    json: (key) => ruleOf({ vmap: { key, data: '@verdicts' } }),
    text: (key) => `add rule ip shop entry ${key} vmap @verdicts`,
  },
  {
    name: 'a statement',
    cases: casesOf(STATEMENTS),
    json: ruleOf,
    text: (statement) => `add rule ip shop entry ${statement}`,
  },
  {
    name: 'an object',
    cases: casesOf(OBJECTS),
    json: (object) => ({ add: object }),
    text: (object) => `add ${object}`,
  },
  { name: 'a bare object', cases: casesOf(OBJECTS), json: same, text: (object) => `add ${object}` },
  { name: 'a command', cases: casesOf(COMMANDS), json: same, text: same },
  ...(['delete', 'destroy'] as const).map((verb) => verbSuite(verb, casesOf(REFERENCES))),
  verbSuite('flush', casesOf(FLUSHED)),
  verbSuite('list', casesOf(LISTED)),
  verbSuite('reset', casesOf(RESET)),
];

describe('nftables-json as text', () => {
  for (const suite of SUITES) {
    describe(`renders ${suite.name}`, () => {
      for (const { kind, json, text } of suite.cases) {
        it(`of kind ${kind}: ${text}`, () => {
          const { nftables } = parseRuleset({ nftables: [suite.json(json)] });
          expect(nftables.map(renderCommand)).to.deep.equal([suite.text(text)]);
        });
      }
    });
  }

  it("renders a ruleset as one line a command, without the listing's head", () => {
    const commands: Command[] = [
      { metainfo: { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 } },
      { add: { table: { family: 'ip', name: 'shop' } } },
      { flush: { chain: { ...inTable, name: 'entry' } } },
    ];
    expect(renderRuleset(commands)).to.equal('add table ip shop\nflush chain ip shop entry\n');
  });

  it('renders a large element command on one line', () => {
    const elem = Array.from({ length: 1000 }, (_, port) => ({ concat: [POD, 'tcp', port] }));
    const text = renderCommand({ add: { element: { ...inTable, name: 'thing', elem } } });
    expect(text.split(', ')).to.have.length(1000);
    expect(text).to.match(/^add element ip shop thing \{ .* \. tcp \. 999 \}$/);
  });

  it('says which object and what is wrong with it', () => {
    const command: Command = {
      add: { chain: { ...inTable, name: 'entry', comment: 'a "quote"' } },
    };
    expect(() => renderCommand(command)).to.throw(
      NftJsonError,
      /^add chain ip shop entry: quoted text must not .* got "a \\"quote\\""$/,
    );
  });

  it('says so on one line even when the object has a hostile name', () => {
    const command: Command = { add: { table: { family: 'ip', name: 'x\nflush ruleset' } } };
    expect(() => renderCommand(command)).to.throw(
      NftJsonError,
      /^add table ip "x\\nflush ruleset": a name must .*$/,
    );
  });

  it('refuses a map with keys by type and values by typeof', () => {
    const map = { ...inTable, name: 'thing', type: 'mark', map: { typeof: POD } };
    expect(() => renderCommand({ add: { map } })).to.throw(NftJsonError, /cannot mix/);
  });

  it('refuses what is no IPv6 address in front of a port', () => {
    const commands = parseRuleset({ nftables: [ruleOf({ dnat: { addr: 'fd00::x', port: 80 } })] });
    expect(() => renderRuleset(commands.nftables)).to.throw(NftJsonError, 'an IPv6 address');
  });

  it('refuses an ICMP reject without its code, which nft text needs', () => {
    const commands = parseRuleset({ nftables: [ruleOf({ reject: { type: 'icmpx' } })] });
    expect(() => renderRuleset(commands.nftables)).to.throw(NftJsonError, 'needs an ICMP code');
  });

  for (const [name, statement] of Object.entries({
    'a list of nothing': { mangle: { key: { meta: { key: 'mark' } }, value: [] } },
    'a concatenation of nothing': { vmap: { key: { concat: [] }, data: '@verdicts' } },
    'a set of nothing': { match: { op: '==', left: 1, right: { set: [] } } },
    'netmap without prefix': { dnat: { addr: POD, flags: ['netmap'] } },
  })) {
    it(`refuses ${name}`, () => {
      const commands = parseRuleset({ nftables: [ruleOf(statement)] }).nftables;
      expect(() => renderRuleset(commands)).to.throw(NftJsonError);
    });
  }

  it('refuses a bit operation of one', () => {
    const commands = parseRuleset({ nftables: [ruleOf({ reset: { '|': [1] } })] });
    expect(() => renderRuleset(commands.nftables)).to.throw(NftJsonError, 'needs two operands');
  });

  it('refuses a protocol by its number where text wants a name', () => {
    const helper = { ...inTable, name: 'thing', type: 'ftp', protocol: 6 };
    expect(() => renderCommand({ 'ct helper': helper })).to.throw(NftJsonError, 'only names');
  });

  it('quotes every value that a device is compared with', () => {
    const keys = META_KEYS.filter((key) => {
      const match = { op: '==', left: { meta: { key } }, right: 'tcp' };
      const [command] = parseRuleset({ nftables: [ruleOf({ match })] }).nftables;
      return command !== undefined && renderCommand(command).endsWith(' "tcp"');
    });
    expect(keys).to.have.members([
      ...['iif', 'iifname', 'oif', 'oifname', 'sdif', 'sdifname'],
      ...['ibriport', 'ibrname', 'obriport', 'obrname'],
    ]);
  });

  for (const [name, json] of Object.entries({
    statement: ruleOf({ teleport: { to: 'mars' } }),
    'statement without JSON': ruleOf('update @affinity { ip saddr : ip daddr }'),
    'state of a set': ruleOf({ meter: { name: 'x', key: POD, stmt: { mystery: null } } }),
    'xt statement': ruleOf({ xt: { type: 'match', name: 'recent' } }),
    expression: ruleOf({ match: { op: '==', left: { oracle: 1 }, right: 2 } }),
    object: { portal: { family: 'ip', table: 'shop', name: 'x' } },
  })) {
    it(`has no text for an unknown ${name}`, () => {
      const { nftables } = parseRuleset({ nftables: [json] });
      expect(() => renderRuleset(nftables)).to.throw(NftJsonError, /there is no text/);
    });
  }
});

// --- internal ---

function same<T>(value: T): T {
  return value;
}

function ruleOf(statement: unknown): object {
  return { add: { rule: { ...inTable, chain: 'entry', expr: [statement] } } };
}

function verbSuite(verb: string, cases: readonly Case[]): Suite {
  return {
    name: `${verb} of an object`,
    cases,
    json: (target) => ({ [verb]: target }),
    text: (target) => `${verb} ${target}`,
  };
}
