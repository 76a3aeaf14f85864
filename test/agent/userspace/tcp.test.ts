import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { reset } from '../../../agent/userspace/reset.ts';
import { joinHostPort } from '../../../rules/ip.ts';
import type { LoadBalancing } from '../../../rules/services/load-balancing.ts';
import { LOOPBACK } from '../../support/addresses.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { eventually } from '../../support/eventually.ts';
import { endpointAt, freePort, startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';

describe('a TCP listener', () => {
  let stage: ProxyStage;
  let backends: Backend[];

  beforeEach(async () => {
    stage = createStage();
    backends = await Promise.all(['a', 'b', 'c'].map((name) => startBackend(name)));
  });

  afterEach(async () => {
    await stage.stop();
    await Promise.all(backends.map((backend) => backend.stop()));
  });

  const endpoints = () => backends.map(({ endpoint }) => endpoint);
  const askSeveral = async (spec: ReturnType<typeof makeSpec>, count: number) => {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push((await stage.ask(spec)).trim());
    return answers;
  };

  it('takes turns exactly', async () => {
    const spec = makeSpec({ endpoints: endpoints() });
    expect(await stage.apply(spec)).to.deep.equal([]);
    await Promise.all(Array.from({ length: 30 }, () => stage.ask(spec)));
    expect(backends.map(({ accepted }) => accepted)).to.deep.equal([10, 10, 10]);
    expect(stage.counts(spec)).to.include({ accepted: 30, failed: 0, retried: 0 });
    const counts = stage.counts(spec);
    expect(sum(counts?.connects)).to.equal(30);
    expect(counts?.connectMs).to.be.greaterThan(0);
  });

  it('counts what goes each way, and what is open', async () => {
    const spec = makeSpec({ endpoints: endpoints().slice(0, 1) });
    await stage.apply(spec);
    const socket = await stage.open(spec);
    socket.write('hello');
    await eventually(() => socket.bytesRead === 'a\nhello'.length, 'all is back');
    expect(stage.counts(spec)).to.include({ active: 1, receivedBytes: 5, sentBytes: 7 });
    socket.destroy();
    await eventually(() => stage.counts(spec)?.active === 0, 'none is open');
  });

  it('lets the client end first: what comes after still arrives', async () => {
    const spec = makeSpec({ endpoints: endpoints().slice(0, 1) });
    await stage.apply(spec);
    // The echo can only end when it has seen the client's end.
    expect(await stage.ask(spec, 'x'.repeat(1_000_000))).to.have.length(1_000_002);
  });

  it('lets the endpoint end first: what the client sends after still arrives', async () => {
    let received = '';
    const backend = await startBackend('', (socket) => {
      socket.end('bye');
      void text(socket).then((all) => (received = all));
    });
    backends.push(backend);
    const spec = makeSpec({ endpoints: [backend.endpoint] });
    await stage.apply(spec);
    const socket = await stage.open(spec);
    expect(await text(socket)).to.equal('bye');
    socket.end('y'.repeat(1_000_000));
    await eventually(() => received.length === 1_000_000, 'all arrived');
    await eventually(() => stage.counts(spec)?.active === 0, 'none is open');
  });

  it('tries the next endpoint at once where nobody listens', async () => {
    const dead = endpointAt(await freePort());
    const spec = makeSpec({ endpoints: [dead, ...endpoints().slice(0, 1)] });
    await stage.apply(spec);
    expect(await askSeveral(spec, 20)).to.deep.equal(Array(20).fill('a'));
    const counts = stage.counts(spec);
    expect(counts).to.include({ accepted: 20, failed: 0 });
    // After three times it is set aside: not every connection tries it.
    expect(counts?.retried).to.equal(3);
  });

  it('tries on while endpoints refuse: one that is there is found behind many that are not', async () => {
    const dead = await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        return { ...endpointAt(await freePort()), id: `dead ${i}` };
      }),
    );
    const [alive] = endpoints();
    if (alive === undefined) expect.fail('no endpoint');
    const spec = makeSpec({ endpoints: [...dead, { ...alive, id: 'last' }] });
    await stage.apply(spec);
    expect(await askSeveral(spec, 10)).to.deep.equal(Array(10).fill('a'));
    expect(stage.counts(spec)).to.include({ failed: 0, retried: 8 * 3 });
  });

  it('resets the client when no endpoint takes it, after each was tried once', async () => {
    const dead = [await freePort(), await freePort()].map((port) => endpointAt(port));
    const spec = makeSpec({ endpoints: dead });
    await stage.apply(spec);
    expect(await codeOf(stage.ask(spec))).to.equal('ECONNRESET');
    await eventually(() => stage.counts(spec)?.active === 0, 'it is counted');
    expect(stage.counts(spec)).to.include({ accepted: 1, failed: 1, retried: 1 });
  });

  it('resets the client when there is no endpoint', async () => {
    const spec = makeSpec();
    await stage.apply(spec);
    expect(await codeOf(stage.ask(spec))).to.equal('ECONNRESET');
    expect(stage.counts(spec)).to.include({ accepted: 1, failed: 1 });
  });

  it('passes a reset on, from either side', async () => {
    const spec = makeSpec({ endpoints: endpoints().slice(0, 1) });
    await stage.apply(spec);
    const first = await stage.open(spec);
    await once(first, 'data');
    for (const socket of backends[0]?.sockets ?? []) reset(socket);
    expect(await failureOf(first)).to.equal('ECONNRESET');

    const second = await stage.open(spec);
    await once(second, 'data');
    const [atBackend] = backends[0]?.sockets ?? [];
    if (atBackend === undefined) expect.fail('the endpoint has no connection');
    const failure = failureOf(atBackend);
    reset(second);
    expect(await failure).to.equal('ECONNRESET');
  });

  it('keeps a client with its endpoint, and moves it when that does not take it', async () => {
    const spec = makeSpec({ endpoints: endpoints(), affinitySeconds: 60 });
    await stage.apply(spec);
    const [own = ''] = await askSeveral(spec, 1);
    expect(await askSeveral(spec, 5)).to.deep.equal(Array(5).fill(own));
    await backends['abc'.indexOf(own)]?.stop();
    const moved = await askSeveral(spec, 5);
    expect(new Set(moved)).to.have.property('size', 1);
    expect(moved).to.not.include(own);
  });

  for (const loadBalancing of ['least-connections', 'fastest-response', 'random'] as const) {
    it(`serves all with the balancer ${loadBalancing}`, async () => {
      const spec = makeSpec({ endpoints: endpoints(), loadBalancing });
      await stage.apply(spec);
      expect(await askSeveral(spec, 12)).to.satisfy((answers: string[]) =>
        answers.every((answer) => 'abc'.includes(answer)),
      );
    });
  }

  it('gives connections by weight to endpoints with least connections', async () => {
    const weighted = endpoints().map((endpoint, i) => ({ ...endpoint, weight: i + 1 }));
    const spec = makeSpec({ endpoints: weighted, loadBalancing: 'least-connections' });
    await stage.apply(spec);
    const open: Socket[] = [];
    for (let i = 0; i < 12; i++) open.push(await stage.open(spec));
    await eventually(() => sum(stage.counts(spec)?.connects) === 12, 'all are there');
    expect(backends.map(({ sockets }) => sockets.size)).to.deep.equal([2, 4, 6]);
    for (const socket of open) socket.destroy();
  });

  it('sends a client to the same endpoint by consistent hash', async () => {
    const spec = makeSpec({ endpoints: endpoints(), loadBalancing: 'consistent-hash' });
    await stage.apply(spec);
    expect(new Set(await askSeveral(spec, 6))).to.have.property('size', 1);
  });

  it('tells endpoints who the client is, before anything else, if it should', async () => {
    const seen: Buffer[] = [];
    const backend = await startBackend('', (socket) =>
      socket.on('data', (data) => seen.push(data)),
    );
    backends.push(backend);
    const spec = makeSpec({ endpoints: [backend.endpoint], sendsProxyHeader: true });
    await stage.apply(spec);
    const socket = await stage.open(spec);
    socket.write('hello');
    await eventually(() => Buffer.concat(seen).length === 28 + 5, 'it arrived');
    const header = Buffer.concat(seen);
    expect(header.readUInt16BE(24)).to.equal(socket.localPort);
    expect(header.readUInt16BE(26)).to.equal(stage.proxy.portOf(spec.id));
    expect(header.toString('latin1', 28)).to.equal('hello');
    socket.destroy();
  });

  it('listens at several addresses as one', async () => {
    const spec = makeSpec({
      ips: [LOOPBACK.IPv4, SECOND_LOOPBACK],
      endpoints: endpoints().slice(0, 2),
    });
    await stage.apply(spec);
    const other = { ...spec, ips: [SECOND_LOOPBACK] };
    expect([await stage.ask(spec), await stage.ask(other)]).to.have.members(['a\n', 'b\n']);
  });

  const families: readonly LoadBalancing[] = ['round-robin', 'consistent-hash'];
  for (const loadBalancing of families) {
    it(`serves IPv6 by ${loadBalancing}`, async () => {
      const spec = makeSpec({
        ips: [LOOPBACK.IPv6],
        family: 'IPv6',
        endpoints: endpoints().slice(0, 1),
        loadBalancing,
      });
      await stage.apply(spec);
      expect(await stage.ask(spec)).to.equal('a\n');
      expect(joinHostPort(LOOPBACK.IPv6, stage.proxy.portOf(spec.id) ?? 0)).to.match(/^\[::1\]:2/);
    });
  }
});

// --- internal ---

/** Loopback is a whole network. */
const SECOND_LOOPBACK = LOOPBACK.IPv4.replace(/1$/, '2') as typeof LOOPBACK.IPv4;

/** The code of the error that ends it. */
async function failureOf(socket: Socket): Promise<string> {
  socket.resume();
  return codeOf(once(socket, 'end'));
}

/** The code of the error that it rejects with. */
async function codeOf(failing: Promise<unknown>): Promise<string> {
  const error = await rejectionOf(failing, Error);
  return (error as NodeJS.ErrnoException).code ?? error.message;
}

function sum(counts: readonly number[] = []): number {
  return counts.reduce((total, count) => total + count, 0);
}
