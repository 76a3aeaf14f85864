/** Our table in this process's own network namespace, through the real nft. */
import { expect } from 'chai';
import { execa } from 'execa';
import { createNft, NFT_DEFAULTS } from '../../../agent/kernel/nft-process.ts';
import { NftTransport } from '../../../agent/kernel/nft-transport.ts';
import type { IpFamily } from '../../../rules/ip.ts';
import type { NftablesPlanner } from '../../../rules/nftables/planner.ts';
import type { ServiceKey, ServicePort } from '../../../rules/services/types.ts';
import { plannerWith } from '../../rules/nftables/support/planning.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../rules/services/builders.ts';

/** The real nft. */
export const nft = createNft(NFT_DEFAULTS);

/** A transport over it. */
export const transport = new NftTransport(nft);

/** The Service of `webPlanner`. */
export const WEB = 'default/web' as ServiceKey;

/** Every test of the suite begins without any rule, and none is left behind. */
export function useEmptyRuleset(): void {
  const flush = async (): Promise<void> => {
    await execa('nft', ['flush', 'ruleset']);
  };
  beforeEach(flush);
  after(flush);
}

/** Gives nft a script that it must take. */
export async function load(script: string): Promise<void> {
  const { stderr } = await nft(['-f', '-'], `${script}\n`);
  expect(stderr).to.equal('');
}

/** What `nft list ...` prints. */
export async function list(...what: string[]): Promise<string> {
  const { stdout } = await execa('nft', ['list', ...what]);
  return stdout;
}

/** Applies what is planned, and collects. */
export async function sync(planner: NftablesPlanner): Promise<void> {
  const transaction = planner.plan();
  await transport.apply(transaction, []);
  planner.committed(transaction);
  await transport.collect(transaction);
  planner.collected(transaction);
}

/** Expects the kernel to have exactly what the planner wants. */
export async function expectFound(family: IpFamily, planner: NftablesPlanner): Promise<void> {
  planner.adopt(await transport.readTable(family));
  const { table, changes, newChains, garbage } = planner.plan();
  expect({ table, changes, newChains, garbage }).to.deep.equal({
    table: 'keep',
    changes: [],
    newChains: [],
    garbage: [],
  });
}

/** A planner of default/web with so many endpoints; with none of no Service at all. */
export function webPlanner(count: number): NftablesPlanner {
  return plannerWith('IPv4', new Map([[WEB, count === 0 ? [] : [webPort(count)]]]));
}

/** The port of default/web, with as many of three endpoints: the first are the first to be missing. */
export function webPort(count: number): ServicePort {
  const endpoints = [1, 2, 3].slice(-count).map((node) => makeEndpoint(node, 1));
  return makeServicePort({
    endpoints: makeChosen({ cluster: endpoints, all: endpoints, hasAny: true }),
  });
}
