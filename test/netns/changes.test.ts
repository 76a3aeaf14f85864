/** What changes of Services do to packets, and what changes nothing in the kernel. */
import { expect } from 'chai';
import type { Host } from '../../scripts/world/host.ts';
import { type LogLine, type RunningAgent, startAgent } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { Marker } from './packets/marker.ts';
import type { PacketMode } from './packets/mode.ts';
import { PACKET_RUNS, RUN_TIMEOUT_MS } from './packets/runs.ts';
import { programNodes, testScene } from './packets/scene.ts';
import { makeService, SERVICE_PORT, type TestService } from './packets/service.ts';
import { API_SERVER } from './packets/source.ts';
import { AFTER, BEFORE } from './packets/topics/changes.ts';
import { describeUnless } from './support/iptables-obstacle.ts';

const PORT = { name: 'tcp', protocol: 'TCP' } as const;

const IN_ONE_SLICE = makeService({
  number: 50,
  name: 'sliced',
  endpoints: ['pod-1-1', 'pod-1-2', 'pod-1-3'],
  ports: [PORT],
});

const IN_TWO_SLICES = makeService({
  number: 50,
  name: 'sliced',
  endpoints: [],
  ports: [
    { ...PORT, endpoints: ['pod-1-3'] },
    { ...PORT, endpoints: ['pod-1-1', 'pod-1-2', 'pod-1-3'] },
  ],
  spec: { ports: [{ ...PORT, port: SERVICE_PORT }] },
});

for (const { name, mode, source } of PACKET_RUNS) {
  describeUnless(mode.obstacle, `changes ${name}`, function () {
    this.timeout(RUN_TIMEOUT_MS);
    let bed: Bed;
    before(async () => {
      bed = await createBed({ nodes: [{ pods: 3 }], clients: 1 }, source);
    });
    after(() => bed.close());

    // Each in a suite of its own, so that the second is programmed when the first is done.
    for (const topic of [BEFORE, AFTER]) {
      describe('of Services', () => {
        testScene(mode, () => bed, { topics: [topic] });
      });
    }

    describe('that say nothing new', () => {
      // An agent that carries connections lets clients in again whom the one before held back.
      const reopens = mode.differences.includes('sources are the node');
      const expectNoNews = async (
        first: readonly TestService[],
        second: readonly TestService[],
      ): Promise<void> => {
        await programNodes(mode, bed, first);
        const rules = await rulesOf(bed.nodes);
        const logs = await programNodes(mode, bed, second);
        const news = logs.flat().filter((line) => !(reopens && isReplacement(line)));
        const logged = news.map(({ msg }) => msg);
        expect(logged).to.include('starting').and.not.to.include('applied');
        expect(await rulesOf(bed.nodes)).to.deep.equal(rules);
      };

      it('leave the kernel alone when everything is as before', async () => {
        await expectNoNews(AFTER.services, AFTER.services);
      });

      it('leave the kernel alone when endpoints move to another slice', async () => {
        await expectNoNews([IN_ONE_SLICE], [IN_TWO_SLICES]);
      });
    });
  });
}

describe('changes that an agent hears of by a watch', function () {
  this.timeout(RUN_TIMEOUT_MS);
  const marker = new Marker(['pod-1-1', 'pod-1-2']);
  let bed: Bed;
  let agent: RunningAgent | undefined;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 3 }], clients: 1 }, API_SERVER);
  });
  after(async () => {
    await agent?.stop();
    await bed.close();
  });

  const following: PacketMode = {
    name: 'nftables',
    flags: [],
    differences: [],
    program: async (node, run) => {
      agent ??= await startAgent(node, run);
      marker.advance();
      await bed.write([...bed.services, marker.service]);
      await marker.untilSeenBy([node]);
      return agent.log;
    },
  };

  for (const topic of [BEFORE, AFTER]) {
    describe('of Services', () => {
      testScene(following, () => bed, { topics: [topic] });
    });
  }
});

// --- internal ---

/** Fixed rules that are made anew, or chains that other ones take the place of. */
function isReplacement({ msg, added, removed }: LogLine): boolean {
  return msg === 'applied' && added === 0 && removed === 0;
}

/**
 * All that nft knows of on the nodes, chains of the nft variant of iptables too, but for what packets change.
 * In the order of the text: a chain that was made anew is the last one.
 */
async function rulesOf(nodes: readonly Host[]): Promise<string[][]> {
  const listings = await Promise.all(nodes.map((node) => node.exec('nft', ['list', 'ruleset'])));
  return listings.map(({ stdout }) => {
    const text = stdout.replaceAll(/ (packets|bytes) \d+| expires \w+/g, '');
    return text.split('\n').sort();
  });
}
