/** A table kept in the real kernel, through an nft that can be told to refuse something. */
import type { RunNft } from '../../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../../agent/kernel/nft-transport.ts';
import { TableSync } from '../../../agent/sync/table-sync.ts';
import { clusterIp } from '../../support/addresses.ts';
import { createSyncStage, NUMBERS, type SyncStage } from './sync-stage.ts';
import { list, nft } from './tables.ts';

/** Keeps Services in a table. */
export interface TableStage extends SyncStage {
  /** From now on nft takes no script in which this text stands. */
  refuse(text: string): void;
}

/** A table that nobody has written yet. `isLocated`: whether nft says where in a script the fault is. */
export function createTableStage(isLocated: boolean): TableStage {
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
  const transport = new NftTransport(run);
  return {
    ...createSyncStage((options) => new TableSync({ ...options, transport })),
    refuse: (text) => (refused = text),
  };
}

/** How many endpoints the kernel balances over, by Service. */
export async function endpointCounts(): Promise<number[]> {
  const elements = await list('map', 'ip', 'switchyard', 'service-ips');
  return NUMBERS.map((number) => {
    const line = `${clusterIp('IPv4', number)} \\. tcp .*: goto tcp-endpoints-(\\d+)`;
    return Number(new RegExp(line).exec(elements)?.[1] ?? 0);
  });
}
