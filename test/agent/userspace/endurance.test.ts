import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { ListenerSpec } from '../../../rules/userspace/listener-spec.ts';
import { LOOPBACK } from '../../support/addresses.ts';
import { eventually } from '../../support/eventually.ts';
import { startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';

describe('under load', () => {
  let stage: ProxyStage;

  beforeEach(() => {
    stage = createStage();
  });

  afterEach(async () => {
    await stage.stop();
  });

  it('no request fails while endpoints leave the list, are killed, and come back', async () => {
    const { failures, spec } = await restartUnderLoad((others) => stage.apply(others));
    expect(failures).to.deep.equal([]);
    expect(stage.counts(spec)).to.include({ failed: 0 });
  });

  it('no request fails that a killed endpoint had not taken yet, though nobody said that it goes', async () => {
    const { failures, spec } = await restartUnderLoad(() => Promise.resolve());
    // What had been connected was lost with it: at most what all clients had open, each time.
    expect(failures.length).to.be.at.most(ROUNDS * CLIENTS);
    for (const failure of failures) expect(failure).to.have.property('code', 'ECONNRESET');
    expect(stage.counts(spec)).to.include({ failed: 0 });
    expect(stage.counts(spec)?.retried).to.be.greaterThan(0);
  });

  /**
   * Kills one endpoint after the other, and starts each again, while clients ask all the time. `announce`
   * gets the listener without the endpoint that will be killed.
   */
  async function restartUnderLoad(
    announce: (withoutIt: ListenerSpec) => Promise<unknown>,
  ): Promise<{ readonly failures: readonly unknown[]; readonly spec: ListenerSpec }> {
    const backends: Backend[] = [];
    for (const name of ['a', 'b', 'c']) backends.push(await startBackend(name, answerAtOnce));
    const spec = makeSpec({ endpoints: backends.map(({ endpoint }) => endpoint) });
    await stage.apply(spec);
    const port = stage.proxy.portOf(spec.id) ?? 0;
    const load = new AbortController();
    const failures: unknown[] = [];
    let answered = 0;
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (!load.signal.aborted) {
        await request(port).then(
          () => (answered += 1),
          (error: unknown) => failures.push(error),
        );
      }
    });
    const progress = (): Promise<void> => {
      const enough = answered + 100;
      return eventually(() => answered >= enough, 'more answers');
    };
    for (let round = 0; round < ROUNDS; round++) {
      const [killed] = backends.splice(0, 1);
      if (killed === undefined) expect.fail('there is none');
      await announce({ ...spec, endpoints: backends.map(({ endpoint }) => endpoint) });
      await progress();
      await killed.stop();
      await progress();
      backends.push(await startBackend('again', answerAtOnce, killed.endpoint.port));
      await stage.apply({ ...spec, endpoints: backends.map(({ endpoint }) => endpoint) });
      await progress();
    }
    load.abort();
    await Promise.all(clients);
    await Promise.all(backends.map((backend) => backend.stop()));
    return { failures, spec };
  }

  it('connections leave neither memory nor descriptors behind', async () => {
    const backend = await startBackend('a', answerAtOnce);
    const spec = makeSpec({ endpoints: [backend.endpoint], affinitySeconds: 1 });
    await stage.apply(spec);
    const port = stage.proxy.portOf(spec.id) ?? 0;
    await run(port, 1_000);
    await eventually(() => stage.counts(spec)?.active === 0, 'all are closed');
    const before = { descriptors: openDescriptors(), heap: usedHeap() };
    await run(port, 4_000);
    await eventually(() => stage.counts(spec)?.active === 0, 'all are closed');
    expect(openDescriptors()).to.be.at.most(before.descriptors);
    // 4,000 connections; what they would leave behind, if only 100 bytes each, would show.
    expect(usedHeap() - before.heap).to.be.below(400_000);
    expect(stage.counts(spec)).to.include({ accepted: 5_000, failed: 0 });
    await backend.stop();
  });
});

// --- internal ---

const ROUNDS = 6;
const CLIENTS = 8;

function answerAtOnce(socket: Socket): void {
  socket.on('data', (data) => socket.end(data));
}

/** One short connection; rejects unless it is answered. */
async function request(port: number): Promise<void> {
  const socket = connect({ host: LOOPBACK.IPv4, port });
  socket.write('hello');
  const [data] = (await once(socket, 'data')) as [Buffer];
  if (data.toString() !== 'hello') throw new Error(`got ${data.toString()}`);
  await once(socket, 'close');
}

/** So many of them, 16 at a time. */
async function run(port: number, count: number): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (left-- > 0) await request(port);
    }),
  );
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

function usedHeap(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
