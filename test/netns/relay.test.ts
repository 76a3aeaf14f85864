import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Relay, startRelay } from '../../scripts/world/host/relay.ts';
import type { RunningRelay } from '../../scripts/world/host.ts';
import { type World, createWorld } from '../../scripts/world/world.ts';
import { eventually } from '../support/eventually.ts';
import { ipsOfHost, LOCALHOST } from './packets/hosts.ts';

const PORT = 6443;

describe('a relay', () => {
  let folder: string;
  let world: World;
  let outside: Relay;
  let inside: RunningRelay;
  let server: net.Server;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-relay-'));
    world = await createWorld({ nodes: [{ pods: 1 }], clients: 0 });
    // Answers as the hosts of a world do, and then sends back what comes.
    server = net.createServer((socket) => {
      const answer = { by: 'outside', port: 0, source: LOCALHOST.IPv4, sourcePort: 0 };
      socket.write(`${JSON.stringify(answer)}\n`);
      socket.on('error', () => undefined).pipe(socket);
    });
    server.listen(0, LOCALHOST.IPv4);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const path = join(folder, 'socket');
    outside = await startRelay({ path }, { port });
    inside = await world.host('node-1').relay({ from: { port: PORT }, to: { path } });
  });

  after(async () => {
    await world.close();
    outside.close();
    server.close();
    await rm(folder, { recursive: true });
  });

  const ask = (from: string, ip = LOCALHOST.IPv4) =>
    world.host(from).connect({ protocol: 'tcp', ip, port: PORT });

  it('leads from a host to a server that no network joins it with', async () => {
    expect(await ask('node-1')).to.include({ outcome: 'answered', by: 'outside' });
  });

  it('is there for its own host only', async () => {
    expect(await ask('pod-1-1')).to.include({ outcome: 'rejected' });
    expect(await ask('pod-1-1', ipsOfHost('node-1').IPv4)).to.include({ outcome: 'rejected' });
  });

  it('passes on that the server has closed', async () => {
    const held = await world.host('node-1').holdOpen({ ip: LOCALHOST.IPv4, port: PORT });
    outside.close();
    await eventually(
      async () => !(await held.check()).alive,
      () => 'the connection has ended',
    );
    expect(await ask('node-1')).to.deep.equal({
      outcome: 'error',
      code: 'closed without an answer',
    });
    const path = join(folder, 'socket');
    outside = await startRelay({ path }, { port: (server.address() as net.AddressInfo).port });
    expect(await ask('node-1')).to.include({ outcome: 'answered' });
  });

  it('loses the bytes of connections that it stalls, keeps them open, and takes new ones', async () => {
    const held = await world.host('node-1').holdOpen({ ip: LOCALHOST.IPv4, port: PORT });
    expect(await held.check()).to.deep.equal({ alive: true, sent: 1, echoed: 1 });
    await inside.stall();
    const report = await held.check();
    expect(report).to.include({ sent: 2, echoed: 1 }).and.not.to.have.property('brokenBy');
    expect(await ask('node-1')).to.include({ outcome: 'answered' });
  });
});
