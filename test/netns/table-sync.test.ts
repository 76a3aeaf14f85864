/** One bad Service on a real kernel, behind an nft that refuses whatever speaks of it. */
import { expect } from 'chai';
import type { RunNft } from '../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../agent/kernel/nft-transport.ts';
import { TableSync } from '../../agent/sync/table-sync.ts';
import { clusterIp } from '../support/addresses.ts';
import { keyOf, portOf } from '../agent/sync/support/table-stage.ts';
import { makeSettings } from '../rules/nftables/support/settings.ts';
import { list, nft, useEmptyRuleset } from './support/tables.ts';

/** The ClusterIP of the Service with this number is refused. */
const BAD = 3;
const NUMBERS = [1, 2, 3, 4, 5];

describe('a Service that a real nft refuses', () => {
  useEmptyRuleset();

  const WAYS = [
    { name: 'with the place of the fault', isLocated: true },
    { name: 'without a word about the place', isLocated: false },
  ];
  for (const { name, isLocated } of WAYS) {
    it(`is set aside, keeps what it had, and comes back when it is taken again: ${name}`, async () => {
      const stage = createStage(isLocated);
      await stage.set(2);
      expect(await endpointCounts()).to.deep.equal([2, 2, 2, 2, 2]);

      stage.refuse(clusterIp('IPv4', BAD));
      await stage.set(1);
      expect(await endpointCounts()).to.deep.equal([1, 1, 2, 1, 1]);
      expect(stage.quarantined).to.deep.equal([keyOf(BAD)]);

      stage.refuse('nothing');
      await stage.set(3);
      expect(await endpointCounts()).to.deep.equal([3, 3, 3, 3, 3]);
      expect(stage.quarantined).to.deep.equal([keyOf(BAD)]);
    });
  }

  it('is nobody’s fault when the table was damaged: that is repaired', async () => {
    const stage = createStage(true);
    await stage.set(2);
    await nft(['flush', 'map', 'ip', 'switchyard', 'service-ips']);
    await stage.set(3);
    expect(await endpointCounts()).to.deep.equal([3, 3, 3, 3, 3]);
    expect(stage.quarantined).to.deep.equal([]);
    expect(stage.repairs).to.deep.equal(['not-found']);
  });
});

// --- internal ---

interface Stage {
  /** The Services that were said to be set aside, so far. */
  readonly quarantined: readonly string[];
  /** Why the table was repaired, so far. */
  readonly repairs: readonly string[];
  /** Gives every Service so many endpoints, and syncs. */
  set(endpointCount: number): Promise<void>;
  /** From now on nft takes no script in which this text stands. */
  refuse(text: string): void;
}

function createStage(isLocated: boolean): Stage {
  let refused = 'nothing';
  const run: RunNft = async (args, input = '') => {
    const line = input.split('\n').findIndex((each) => each.includes(refused));
    if (line < 0) return nft(args, input);
    const column = (input.split('\n')[line] ?? '').indexOf(refused) + 1;
    const place = isLocated ? `/dev/stdin:${line + 1}:${column}-${column}: ` : '';
    return {
      exitCode: 1,
      stdout: '',
      stderr: `${place}Error: Could not process rule: Invalid argument\n`,
    };
  };
  const quarantined: string[] = [];
  const repairs: string[] = [];
  const sync = new TableSync({
    family: 'IPv4',
    settings: makeSettings('IPv4'),
    transport: new NftTransport(run),
    events: {
      applied: () => undefined,
      quarantined: (service) => quarantined.push(service),
      repairing: ({ code }) => repairs.push(code),
      collectFailed: () => undefined,
    },
    now: () => 0,
  });
  return {
    quarantined,
    repairs,
    set: async (endpointCount) => {
      for (const each of NUMBERS) sync.setPorts(keyOf(each), [portOf(each, endpointCount)]);
      await sync.sync();
    },
    refuse: (text) => (refused = text),
  };
}

/** How many endpoints the kernel balances over, by Service. */
async function endpointCounts(): Promise<number[]> {
  const elements = await list('map', 'ip', 'switchyard', 'service-ips');
  return NUMBERS.map((number) => {
    const line = `${clusterIp('IPv4', number)} \\. tcp .*: goto tcp-endpoints-(\\d+)`;
    return Number(new RegExp(line).exec(elements)?.[1] ?? 0);
  });
}
