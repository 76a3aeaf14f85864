import { expect } from 'chai';
import { KernelError, type KernelErrorCode } from '../../../agent/kernel/kernel-error.ts';
import { createNft, type NftResult, type RunNft } from '../../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../../agent/kernel/nft-transport.ts';
import { RULES_PREFIX, SHAPE_PREFIX, shapeId } from '../../../rules/nftables/identity.ts';
import { scriptSteps, scriptText } from '../../../rules/nftables/script.ts';
import type { Transaction } from '../../../rules/nftables/transaction.ts';
import type { Command } from '../../../rules/nftables-json/index.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';
import { fakeNft, type FakeNft } from '../../support/fake-programs.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { plannerWith } from '../../rules/nftables/support/planning.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../rules/services/builders.ts';

/** A table with two Services. */
const TRANSACTION: Transaction = plannerWith(
  'IPv4',
  new Map([1, 2].map((number) => [serviceKey('default', `web-${number}`), [portOf(number)]])),
).plan();

const SCRIPT = scriptText(scriptSteps(TRANSACTION));
const LINES = SCRIPT.split('\n');

const OK: NftResult = { exitCode: 0, stdout: '', stderr: '' };

describe('NftTransport', () => {
  describe('applying', () => {
    it('sends a transaction as one input', async () => {
      const nft = new ScriptedNft(() => OK);
      await new NftTransport(nft.run).apply(TRANSACTION, []);
      expect(nft.calls).to.deep.equal([{ args: ['-f', '-'], input: SCRIPT }]);
    });

    it('runs nothing for a transaction without content', async () => {
      const nft = new ScriptedNft(() => OK);
      const empty: Transaction = { ...TRANSACTION, table: 'keep', newChains: [], changes: [] };
      await new NftTransport(nft.run).apply(empty, []);
      await new NftTransport(nft.run).collect(empty);
      expect(nft.calls).to.deep.equal([]);
    });

    it('names the element that nft points at', async () => {
      const line = LINES.findIndex((text) => text.includes('element ip switchyard service-ips'));
      const column = (LINES[line] ?? '').indexOf(clusterIp('IPv4', 2)) + 1;
      const stderr = complaint(line + 1, column, 'No such file or directory');
      const error = await refusalOf(stderr);
      const key = `${clusterIp('IPv4', 2)} . tcp . 80`;
      expect(error.changes.map((change) => change.key)).to.deep.equal([key]);
      expect(error.code).to.equal('not-found');
      expect(error.message).to.equal(
        'nft refused the transaction: Could not process rule: No such file or directory ' +
          `(service-ips { ${key} })`,
      );
    });

    it('quotes the command that nft points at where it is about no element', async () => {
      const error = await refusalOf(complaint(1, 1, 'Invalid argument'));
      expect(error.changes).to.deep.equal([]);
      expect(error.message).to.match(/Invalid argument \(add table ip switchyard\)$/);
    });

    it('says what nft said where it points at nothing', async () => {
      const error = await refusalOf('out of luck\n');
      expect(error.changes).to.deep.equal([]);
      expect(error.message).to.equal('nft refused the transaction: out of luck');
    });
  });

  describe('where the kernel takes small batches only', () => {
    /** The largest of the parts that a transaction cannot be divided further. */
    const LIMIT = Math.max(...scriptSteps(TRANSACTION).map((step) => scriptText([step]).length));

    it('sends all commands in parts, in order, each once', async () => {
      const nft = limitedNft(LIMIT);
      await new NftTransport(nft.run).apply(TRANSACTION, []);
      expect(nft.taken.join('')).to.equal(SCRIPT);
      expect(nft.taken.length).to.be.greaterThan(2);
    });

    it('tries no batch again that is as large as one that was refused', async () => {
      const nft = limitedNft(LIMIT);
      const transport = new NftTransport(nft.run);
      await transport.apply(TRANSACTION, []);
      const refusedBefore = nft.calls.length - nft.taken.length;
      await transport.apply(TRANSACTION, []);
      expect(nft.calls.length - nft.taken.length - refusedBefore).to.be.lessThan(refusedBefore);
      expect(nft.taken.join('')).to.equal(SCRIPT + SCRIPT);
    });

    it('points at the right element in a part', async () => {
      const nft = limitedNft(LIMIT, (input) => {
        const lines = input.split('\n');
        const line = lines.findIndex((text) => text.includes('element ip switchyard service-ips'));
        const column = (lines[line] ?? '').indexOf(clusterIp('IPv4', 2)) + 1;
        return line < 0 ? undefined : complaint(line + 1, column, 'File exists');
      });
      const error = await rejectionOf(
        new NftTransport(nft.run).apply(TRANSACTION, []),
        KernelError,
      );
      expect(error.changes.map(({ collection, key }) => `${collection} ${key}`)).to.deep.equal([
        `service-ips ${clusterIp('IPv4', 2)} . tcp . 80`,
      ]);
    });

    it('gives up on what cannot be parted any more', async () => {
      const error = await rejectionOf(
        new NftTransport(limitedNft(10).run).apply(TRANSACTION, []),
        KernelError,
      );
      expect(error.code).to.equal('too-large');
    });
  });

  describe('collecting garbage', () => {
    const transaction = { ...TRANSACTION, garbage: ['endpoints-2', 'endpoints-3'] };

    it('empties all chains before it deletes the first', async () => {
      const nft = new ScriptedNft(() => OK);
      await new NftTransport(nft.run).collect(transaction);
      expect(nft.calls[0]?.input.split('\n')).to.deep.equal([
        'flush chain ip switchyard endpoints-2',
        'flush chain ip switchyard endpoints-3',
        'delete chain ip switchyard endpoints-2',
        'delete chain ip switchyard endpoints-3',
        '',
      ]);
    });

    it('says that it was too early', async () => {
      const nft = new ScriptedNft(() => failure(complaint(3, 1, 'Device or resource busy')));
      const error = await rejectionOf(new NftTransport(nft.run).collect(transaction), KernelError);
      expect(error.code).to.equal('busy');
    });
  });

  describe('reading', () => {
    it('finds no table where there is no chain of ours', async () => {
      const nft = new ScriptedNft(() => listing(chain('filter', 'services'), chain('nat', 'x')));
      expect(await new NftTransport(nft.run).readTable('IPv4')).to.be.undefined;
    });

    const STRANGERS: readonly {
      readonly name: string;
      readonly chains: readonly Command[];
      readonly answer: NftResult;
    }[] = [
      { name: 'no shape', chains: [chain('switchyard', 'services')], answer: listing() },
      {
        name: 'another shape, without a look at its sets',
        chains: [chain('switchyard', `${SHAPE_PREFIX}0123456789ab`)],
        answer: failure('this must not be asked'),
      },
      {
        name: 'our shape by name, but not our sets',
        chains: [chain('switchyard', SHAPE_PREFIX + shapeId('IPv4'))],
        answer: failure('Error: No such file or directory\n'),
      },
      {
        name: 'our shape, but elements that we never put there',
        chains: [chain('switchyard', SHAPE_PREFIX + shapeId('IPv4'))],
        answer: listing({
          set: {
            family: 'ip',
            table: 'switchyard',
            name: 'cluster-ips',
            type: 'ipv4_addr',
            elem: [{ range: [clusterIp('IPv4', 1), clusterIp('IPv4', 2)] }],
          },
        }),
      },
    ];
    for (const { name, chains, answer } of STRANGERS) {
      it(`takes a table for a stranger’s that has ${name}`, async () => {
        const nft = new ScriptedNft(({ args }) =>
          args.includes('chains') ? listing(...chains) : answer,
        );
        expect(await new NftTransport(nft.run).readTable('IPv4')).to.deep.equal({
          shapeId: undefined,
          rulesId: undefined,
          contents: new Map(),
        });
      });
    }

    it('looks at chains only to see whether the table is intact', async () => {
      const nft = new ScriptedNft(() => listing(chain('switchyard', `${RULES_PREFIX}abc`)));
      const transport = new NftTransport(nft.run);
      expect(await transport.isIntact('IPv6', 'abc')).to.be.true;
      expect(await transport.isIntact('IPv6', 'def')).to.be.false;
      expect(new Set(nft.calls.map(({ args }) => args.join(' ')))).to.deep.equal(
        new Set(['-j list chains ip6']),
      );
    });

    const FAILURES: readonly { readonly kind: FakeNft; readonly code: KernelErrorCode }[] = [
      { kind: 'failing', code: 'not-permitted' },
      { kind: 'garbage', code: 'unreadable' },
      { kind: 'truncated', code: 'unreadable' },
      { kind: 'crashing', code: 'crashed' },
    ];
    for (const { kind, code } of FAILURES) {
      it(`fails as "${code}" with an nft that is ${kind}`, async () => {
        const nft = createNft({ program: fakeNft(kind), timeoutMs: 10_000 });
        const reading = new NftTransport(nft).readTable('IPv4');
        expect((await rejectionOf(reading, KernelError)).code).to.equal(code);
      });
    }

    it('takes what comes slowly and in pieces', async () => {
      const nft = createNft({ program: fakeNft('slow'), timeoutMs: 10_000 });
      expect(await new NftTransport(nft).readTable('IPv4')).to.be.undefined;
    });
  });

  describe('removing the table', () => {
    it('says whether there was one', async () => {
      const gone = failure(complaint(1, 1, 'No such file or directory'));
      const there = new ScriptedNft(() => OK);
      expect(await new NftTransport(there.run).removeTable('IPv6')).to.be.true;
      expect(there.calls[0]?.input).to.equal('delete table ip6 switchyard\n');
      expect(await new NftTransport(new ScriptedNft(() => gone).run).removeTable('IPv6')).to.be
        .false;
    });

    it('fails when it may not', async () => {
      const nft = new ScriptedNft(() => failure(complaint(1, 1, 'Operation not permitted')));
      const error = await rejectionOf(new NftTransport(nft.run).removeTable('IPv4'), KernelError);
      expect(error.code).to.equal('not-permitted');
    });
  });
});

// --- internal ---

interface Call {
  readonly args: readonly string[];
  readonly input: string;
}

/** An nft that answers as it is told. */
class ScriptedNft {
  readonly calls: Call[] = [];
  readonly #answer: (call: Call) => NftResult;

  constructor(answer: (call: Call) => NftResult) {
    this.#answer = answer;
  }

  readonly run: RunNft = (args, input = '') => {
    this.calls.push({ args, input });
    return Promise.resolve(this.#answer({ args, input }));
  };
}

/** An nft on a kernel that takes no more than so many bytes, and what it took. */
function limitedNft(
  maxBytes: number,
  refusal: (input: string) => string | undefined = () => undefined,
): ScriptedNft & { readonly taken: string[] } {
  const taken: string[] = [];
  const nft = new ScriptedNft(({ input }) => {
    if (input.length > maxBytes) return failure('netlink: Error: ... : Message too long\n');
    const stderr = refusal(input);
    if (stderr !== undefined) return failure(stderr);
    taken.push(input);
    return OK;
  });
  return Object.assign(nft, { taken });
}

/** What applying the transaction fails with when nft says this. */
function refusalOf(stderr: string): Promise<KernelError> {
  const nft = new ScriptedNft(() => failure(stderr));
  return rejectionOf(new NftTransport(nft.run).apply(TRANSACTION, []), KernelError);
}

function complaint(line: number, column: number, errno: string): string {
  return `/dev/stdin:${line}:${column}-${column + 1}: Error: Could not process rule: ${errno}\n`;
}

function failure(stderr: string): NftResult {
  return { exitCode: 1, stdout: '', stderr };
}

function listing(...objects: Command[]): NftResult {
  const metainfo = { version: '1.0.6', release_name: 'Lester Gooch #5', json_schema_version: 1 };
  return { ...OK, stdout: JSON.stringify({ nftables: [{ metainfo }, ...objects] }) };
}

function chain(table: string, name: string): Command {
  return { chain: { family: 'ip', table, name, handle: 1 } };
}

function portOf(number: number): ServicePort {
  const ip = clusterIp('IPv4', number);
  const endpoint = { ...makeEndpoint(2, number), ip: podIp('IPv4', 2, number) };
  return makeServicePort({
    clusterIP: ip,
    frontends: [{ kind: 'ClusterIP', ip, protocol: 'tcp', port: 80 }],
    endpoints: makeChosen({ cluster: [endpoint], all: [endpoint], hasAny: true }),
  });
}
