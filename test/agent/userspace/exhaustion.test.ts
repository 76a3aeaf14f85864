import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { LOOPBACK } from '../../support/addresses.ts';
import { eventually } from '../../support/eventually.ts';
import { startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec } from './support/proxy-stage.ts';

describe('when descriptors run out', () => {
  let backend: Backend;
  let child: ChildProcess;
  let lines: string[];
  let port: number;

  beforeEach(async () => {
    backend = await startBackend('a');
    lines = [];
    // 64 of its descriptors are not for the proxy.
    const program = [process.execPath, PROXY, `${process.pid} crowd`, `${backend.endpoint.port}`];
    child = spawn('prlimit', ['--nofile=160:160', ...program], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    if (child.stdout === null) expect.fail('no pipe');
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    await eventually(() => lines.some((line) => /^port \d+$/.test(line)), 'it listens');
    port = Number(lines[0]?.slice('port '.length));
  });

  afterEach(async () => {
    const gone = once(child, 'exit');
    child.kill();
    await gone;
    await backend.stop();
  });

  const has = (line: string) => lines.some((it) => it.startsWith(line));
  const openDescriptors = () => readdirSync(`/proc/${child.pid ?? 0}/fd`).length;

  it('serves whom it has accepted, accepts nobody, rests, and goes on by itself', async () => {
    const clients: Client[] = [];
    while (!has('exhausted') && clients.length < 200) clients.push(await tryClient(port));
    expect(lines).to.include('exhausted descriptors 95 of 96 sockets are open');
    const served = clients.filter(({ answer }) => answer === 'a\n');
    expect(served.length).to.be.within(45, 48);

    // Refused at once, and nobody who is served notices.
    for (let i = 0; i < 20; i++) expect((await tryClient(port)).failure).to.equal('ECONNREFUSED');
    for (const { socket } of served) {
      socket.write('still here?');
      expect(String(await once(socket, 'data'))).to.equal('still here?');
    }
    expect(openDescriptors()).to.be.below(160);
    const before = await cpuMs();
    await sleep(500);
    expect((await cpuMs()) - before).to.be.below(250);
    expect(has('recovered')).to.equal(false);

    for (const { socket } of served.splice(0, 20)) socket.destroy();
    await eventually(() => has('recovered descriptors'), 'it accepts again');
    let late = await tryClient(port);
    while (late.answer === undefined) late = await tryClient(port);
    late.socket.destroy();
    for (const { socket } of served) socket.destroy();
    expect(child.exitCode).to.equal(null);
  });

  async function cpuMs(): Promise<number> {
    const before = lines.length;
    child.stdin?.write('?');
    await eventually(() => lines.length > before, 'it says its CPU time');
    return Number(lines.at(-1)?.slice('cpu '.length));
  }
});

describe('when memory runs out', () => {
  it('accepts nobody until there is enough again', async () => {
    const backend = await startBackend('a');
    const tight = createStage({ maxMemoryBytes: 1 });
    const spec = makeSpec({ endpoints: [backend.endpoint] });
    await tight.apply(spec);
    const port = tight.proxy.portOf(spec.id) ?? 0;
    await eventually(() => tight.told.exhausted.includes('memory'), 'it is said');
    expect((await tryClient(port)).failure).to.equal('ECONNREFUSED');
    expect(tight.told.recovered).to.deep.equal([]);
    expect(tight.told.exhausted).to.deep.equal(['memory']);
    await tight.stop();
    await backend.stop();
  });
});

// --- internal ---

const PROXY = fileURLToPath(new URL('fixtures/crowded-proxy.ts', import.meta.url));

interface Client {
  readonly socket: Socket;
  /** The first that came. */
  readonly answer?: string;
  /** Why nothing came. */
  readonly failure?: string;
}

async function tryClient(port: number): Promise<Client> {
  const socket = connect({ host: LOOPBACK.IPv4, port });
  socket.on('error', () => undefined);
  try {
    const [data] = (await once(socket, 'data')) as [Buffer];
    return { socket, answer: data.toString() };
  } catch (error) {
    return { socket, failure: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
