/**
 * rules/nftables-json against the real nft, in network namespaces of its own: as root, or as anyone
 * where the kernel allows user namespaces.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa, execaSync } from 'execa';
import {
  parseRuleset,
  renderRuleset,
  type Command,
  type NftObject,
} from '../../rules/nftables-json/index.ts';
import {
  COMMANDS,
  FLUSHED,
  LISTED,
  REFERENCES,
  RESET,
} from '../rules/nftables-json/samples/commands.ts';
import { EXPRESSIONS } from '../rules/nftables-json/samples/expressions.ts';
import { OBJECTS } from '../rules/nftables-json/samples/objects.ts';
import { casesOf, POD, VIP, type Case } from '../rules/nftables-json/samples/sample.ts';
import { SHOP } from '../rules/nftables-json/samples/shop.ts';
import { STATEMENTS } from '../rules/nftables-json/samples/statements.ts';

/** Text that nft 1.0.6 does not know yet. */
const NEWER_THAN_1_0_6 = [
  /\blast\b/,
  /^destroy /,
  /^reset (rules?|set|map|element)\b/,
  /: ct helper;/,
  /^delete (map|ct \w+) \w+ \w+ handle/,
];

const isRoot = process.getuid?.() === 0;
const UNSHARE_FLAGS = isRoot ? ['--net'] : ['--net', '--user', '--map-root-user'];
const NSENTER_FLAGS = isRoot ? ['--net'] : ['--net', '--user', '--preserve-credentials'];

const inTable = { family: 'ip', table: 'shop' } as const;
const obstacle = findObstacle();
const suite = obstacle === undefined ? describe : describe.skip;
const reason = obstacle === undefined ? '' : ` (skipped: ${obstacle})`;

suite(`nftables-json and the real nft${reason}`, () => {
  const namespaces: Namespace[] = [];
  let folder = '';

  async function newNamespace(): Promise<Namespace> {
    const namespace = await Namespace.open();
    namespaces.push(namespace);
    return namespace;
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nftables-json-'));
  });

  afterEach(async () => {
    await Promise.all(namespaces.splice(0).map((namespace) => namespace.close()));
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  it('load a rich table as text, list it, and load the listing again to the same effect', async () => {
    const first = await newNamespace();
    await first.load(renderRuleset(SHOP));
    const listing = await first.list();
    expect(JSON.stringify(listing)).not.to.include('unknown');
    expect(listing.filter((object) => 'rule' in object)).to.have.length(
      SHOP.filter((object) => 'rule' in object).length,
    );

    const second = await newNamespace();
    await second.load(renderRuleset(inLoadingOrder(listing)));
    expect(await second.list()).to.deep.equal(listing);
  });

  it('load the same table as JSON to the same effect', async () => {
    const withText = await newNamespace();
    await withText.load(renderRuleset(SHOP));
    const withJson = await newNamespace();
    const file = join(folder, 'shop.json');
    await writeFile(file, JSON.stringify({ nftables: SHOP }));
    await withJson.nft(['-j', '-f', file]);
    expect(await withJson.list()).to.deep.equal(await withText.list());
  });

  it('load what only text can say: maps by typeof, and what is learned into a map', async () => {
    const namespace = await newNamespace();
    const daddr = { payload: { protocol: 'ip', field: 'daddr' } };
    const dport = { payload: { protocol: 'th', field: 'dport' } };
    const slot = { numgen: { mode: 'random', mod: 2, offset: 0 } } as const;
    const endpoint = { typeof: { concat: [daddr, dport] } };
    await namespace.load(
      renderRuleset([
        {
          add: {
            table: { family: 'ip', name: 'shop', comment: "of a \\ 'kind'" },
          },
        },
        {
          add: {
            map: {
              ...inTable,
              name: 'endpoints',
              type: { typeof: { concat: [daddr, { meta: { key: 'l4proto' } }, dport, slot] } },
              map: endpoint,
              elem: [[{ concat: [VIP, 'sctp', 80, 0] }, { concat: [POD, 8080] }]],
            },
          },
        },
        {
          add: {
            map: {
              ...inTable,
              name: 'learned',
              type: { typeof: daddr },
              map: endpoint,
              flags: ['dynamic', 'timeout'],
              size: 1000,
            },
          },
        },
        { add: { chain: { ...inTable, name: 'learn' } } },
        {
          add: {
            rule: {
              ...inTable,
              chain: 'learn',
              expr: [
                { match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'udp' } },
                {
                  map: {
                    op: 'update',
                    elem: { elem: { val: daddr, timeout: 10800 } },
                    data: { concat: [daddr, dport] },
                    map: '@learned',
                  },
                },
              ],
            },
          },
        },
      ]),
    );
    const { stdout } = await namespace.nft(['list', 'table', 'ip', 'shop']);
    expect(stdout).to.include('comment "of a \\ \'kind\'"');
    expect(stdout).to.match(
      /typeof ip daddr \. meta l4proto \. th dport \. numgen .* : ip daddr \. th dport/,
    );
    expect(stdout).to.include(`${VIP} . sctp . 80 . 0 : ${POD} . 8080`);
    expect(stdout).to.match(/update @learned \{ ip daddr timeout 3h : ip daddr \. \w+ dport \}/);
  });

  it('delete, flush and rename', async () => {
    const namespace = await newNamespace();
    const named = (name: string): typeof inTable & { name: string } => ({ ...inTable, name });
    await namespace.load(renderRuleset(SHOP));
    const handle = (await namespace.list(false)).flatMap((object) =>
      'rule' in object && object.rule.chain === 'exit' ? [object.rule.handle ?? 0] : [],
    );
    await namespace.load(
      renderRuleset([
        { delete: { rule: { ...inTable, chain: 'exit', handle: handle[0] ?? 0 } } },
        { insert: { rule: { ...inTable, chain: 'exit', expr: [{ accept: null }] } } },
        { delete: { element: { ...named('pods'), elem: [1] } } },
        { flush: { chain: named('checks') } },
        { flush: { set: named('source-ranges') } },
        { flush: { map: named('counters') } },
        { delete: { set: named('uplinks') } },
        { delete: { map: named('counters') } },
        { delete: { counter: named('hits') } },
        { delete: { limit: named('slow') } },
        { delete: { quota: named('monthly') } },
        { rename: { chain: { ...named('checks'), newname: 'tests' } } },
      ]),
    );
    const left = (await namespace.list()).map(nameOf);
    expect(left).to.include.members(['chain tests', 'map pods', 'set source-ranges', 'set seen']);
    expect(left).not.to.include.members(['chain checks']);
    for (const gone of ['set uplinks', 'map counters', 'counter hits', 'limit slow']) {
      expect(left).not.to.include(gone);
    }
    const exit = (await namespace.list()).flatMap((object) =>
      'rule' in object && object.rule.chain === 'exit' ? [object.rule.comment] : [],
    );
    expect(exit).to.deep.equal([undefined, 'exit 1']);

    await namespace.load(renderRuleset([{ delete: { table: { family: 'ip', name: 'shop' } } }]));
    expect(await namespace.list()).to.deep.equal([]);
  });

  it('keep comments and names as they are, whatever they hold', async () => {
    const namespace = await newNamespace();
    const comments = [
      "it's; } # $x @y \\",
      'ends with \\',
      '{ } ; accept',
      'größe ✓',
      'x'.repeat(128),
    ];
    await namespace.load(
      renderRuleset([
        { add: { table: { family: 'ip', name: 'shop' } } },
        { add: { chain: { ...inTable, name: 'a/b.c_d-e' } } },
        ...comments.map((comment): Command => ({
          add: { rule: { ...inTable, chain: 'a/b.c_d-e', expr: [{ counter: null }], comment } },
        })),
      ]),
    );
    const listed = (await namespace.list()).flatMap((object) =>
      'rule' in object ? [object.rule.comment] : [],
    );
    expect(listed).to.deep.equal(comments);
  });

  describe('agree on the syntax of', () => {
    let namespace: Namespace;
    let version = '';

    before(async () => {
      namespace = await Namespace.open();
      version = (await namespace.nft(['--version'])).stdout;
    });

    after(async () => {
      await namespace.close();
    });

    function isKnown(text: string): boolean {
      const isNew = NEWER_THAN_1_0_6.some((pattern) => pattern.test(text));
      return !isNew || !version.includes('v1.0.6 ');
    }

    /** Most samples refer to things that do not exist: that would be nft's second complaint. */
    async function syntaxErrors(line: string): Promise<string> {
      const { stderr } = await namespace.nft(['-c', '-f', '-'], { input: line, reject: false });
      return stderr.includes('syntax error') ? stderr : '';
    }

    for (const { kind, json, text } of casesOf(EXPRESSIONS)) {
      it(`the expression ${kind}: ${text}`, async () => {
        const answers = await Promise.all(placesOf(json).map(lineOf).map(syntaxErrors));
        expect(answers.includes('')).to.equal(isKnown(text));
      });
    }

    for (const { kind, json, text } of syntaxCases()) {
      it(`${kind}: ${text}`, async () => {
        const line = lineOf(json);
        const answer = await syntaxErrors(line);
        expect(answer === '', answer).to.equal(isKnown(line));
      });
    }
  });
});

// --- internal ---

/** A network namespace, held open by a process that waits in it. */
class Namespace {
  readonly #holder: ChildProcessWithoutNullStreams;

  constructor(holder: ChildProcessWithoutNullStreams) {
    this.#holder = holder;
  }

  static async open(): Promise<Namespace> {
    const holder = spawn('unshare', [...UNSHARE_FLAGS, 'cat']);
    holder.stdin.write('ready\n');
    // What comes back comes from inside.
    await once(holder.stdout, 'data');
    return new Namespace(holder);
  }

  async close(): Promise<void> {
    this.#holder.stdin.end();
    await once(this.#holder, 'close');
  }

  async nft(
    args: readonly string[],
    options: { readonly input?: string; readonly reject?: boolean } = {},
  ): Promise<{ stdout: string; stderr: string }> {
    const target = ['--target', String(this.#holder.pid), ...NSENTER_FLAGS];
    return execa('nsenter', [...target, 'nft', ...args], options);
  }

  async load(text: string): Promise<void> {
    await this.nft(['-f', '-'], { input: text });
  }

  /** What is there, without what differs from one kernel to the next. */
  async list(isStripped = true): Promise<NftObject[]> {
    const { stdout } = await this.nft(['-j', 'list', 'ruleset']);
    const text = isStripped ? stdout.replaceAll(/, "(handle|expires)": \d+/g, '') : stdout;
    return parseRuleset(text).nftables.filter(isObject);
  }
}

function findObstacle(): string | undefined {
  const { failed, shortMessage } = execaSync(
    'unshare',
    [...UNSHARE_FLAGS, 'nft', 'list', 'tables'],
    {
      reject: false,
    },
  );
  return failed ? shortMessage : undefined;
}

function isObject(command: Command): command is NftObject {
  return !('metainfo' in command);
}

/** nft 1.0.6 lists maps before the chains that their elements go to, and does not load them so. */
function inLoadingOrder(objects: readonly NftObject[]): NftObject[] {
  const isEarly = (object: NftObject): boolean => 'table' in object || 'chain' in object;
  return [...objects.filter(isEarly), ...objects.filter((object) => !isEarly(object))];
}

function nameOf(object: NftObject): string {
  const [[kind, body] = ['', {}]] = Object.entries<object>(object);
  return `${kind} ${'name' in body ? String(body.name) : ''}`;
}

function lineOf(json: unknown): string {
  return renderRuleset(parseRuleset({ nftables: [json] }).nftables);
}

function inRule(statement: unknown): Case['json'] {
  return { add: { rule: { ...inTable, chain: 'entry', expr: [statement] } } };
}

/** Commands with the expression at all places where one may stand; each belongs to some of them. */
function placesOf(expression: Case['json']): Case['json'][] {
  const left = { meta: { key: 'mark' } };
  const inElement = (elem: unknown): Case['json'] => ({
    add: { element: { ...inTable, name: 'thing', elem: [elem] } },
  });
  return [
    inRule({ match: { op: '==', left: expression, right: 1 } }),
    inRule({ match: { op: '==', left: expression, right: true } }),
    inRule({ match: { op: '==', left, right: expression } }),
    inRule({ mangle: { key: left, value: expression } }),
    inElement(expression),
    inElement([1, expression]),
  ];
}

function syntaxCases(): Case[] {
  const wrapped = (cases: readonly Case[], wrap: (json: Case['json']) => Case['json']): Case[] =>
    cases.map((each) => ({ ...each, json: wrap(each.json) }));
  return [
    ...wrapped(casesOf(STATEMENTS), inRule),
    ...wrapped(casesOf(OBJECTS), (object) => ({ add: object })),
    ...casesOf(COMMANDS),
    ...wrapped(casesOf(REFERENCES), (target) => ({ delete: target })),
    ...wrapped(casesOf(FLUSHED), (target) => ({ flush: target })),
    ...wrapped(casesOf(LISTED), (target) => ({ list: target })),
    ...wrapped(casesOf(RESET), (target) => ({ reset: target })),
  ];
}
