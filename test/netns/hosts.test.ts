import { expect } from 'chai';
import { IP_FAMILIES } from '../../rules/ip.ts';
import { type World, createWorld } from '../../scripts/world/world.ts';
import { clientIp, nodeIp, podIp } from '../support/addresses.ts';
import { rejectionOf } from './support/rejection.ts';

const SERVER_IP = podIp('IPv4', 1, 1);

describe('a host', () => {
  let world: World;

  before(async () => {
    world = await createWorld({ nodes: [{ pods: 4 }], clients: 0 });
  });

  after(() => world.close());

  it('listens at a port that the kernel chooses, and counts who comes', async () => {
    for (const protocol of ['tcp', 'udp'] as const) {
      const listener = await world.host('pod-1-1').listen({ protocol, port: 0 });
      const request = { protocol, ip: SERVER_IP, port: listener.port };
      await world.host('pod-1-2').connectMany({ ...request, count: 25, concurrency: 5 });
      expect(await world.host('pod-1-1').countConnections(listener), protocol).to.equal(25);
    }
  });

  it('listens at one address only, if asked to', async () => {
    const ip = nodeIp('IPv4', 1);
    const listener = await world.host('node-1').listen({ protocol: 'udp', port: 0, ip });
    const request = { protocol: 'udp', port: listener.port } as const;
    const client = world.host('pod-1-1');
    expect(await client.connect({ ...request, ip })).to.include({ by: 'node-1' });
    expect(await client.connect({ ...request, ip: nodeIp('IPv6', 1) })).to.include({
      outcome: 'rejected',
    });
  });

  it('says why it cannot listen', async () => {
    const host = world.host('pod-1-1');
    const { port } = await host.listen({ protocol: 'tcp', port: 0 });
    expect(await rejectionOf(host.listen({ protocol: 'tcp', port }))).to.match(
      /^host pod-1-1: .*EADDRINUSE/,
    );
  });

  it('connects from the source address and port asked for', async () => {
    const sourcePort = 40_000;
    for (const family of IP_FAMILIES) {
      for (const protocol of ['tcp', 'udp'] as const) {
        const { port } = await world.host('pod-1-1').listen({ protocol, port: 0 });
        const sourceIp = nodeIp(family, 1);
        const request = { protocol, ip: podIp(family, 1, 1), port, sourceIp, sourcePort };
        expect(await world.host('node-1').connect(request), `${protocol} ${family}`).to.include({
          outcome: 'answered',
          source: sourceIp,
          sourcePort,
        });
      }
    }
  });

  it('names what keeps a connection from being tried', async () => {
    for (const protocol of ['tcp', 'udp'] as const) {
      const request = { protocol, ip: SERVER_IP, port: 1, sourceIp: clientIp('IPv4', 1) };
      const result = await world.host('pod-1-2').connect(request);
      expect(result).to.deep.equal({ outcome: 'error', code: 'EADDRNOTAVAIL' });
    }
  });

  it('keeps established connections when it stops listening, and takes no new ones', async () => {
    const server = world.host('pod-1-1');
    const client = world.host('pod-1-2');
    const listener = await server.listen({ protocol: 'tcp', port: 0 });
    const target = { ip: SERVER_IP, port: listener.port };
    const held = await client.holdOpen(target);
    expect(held.answer).to.include({ by: 'pod-1-1', source: podIp('IPv4', 1, 2) });
    await server.closeListener(listener);
    expect(await client.connect({ protocol: 'tcp', ...target })).to.deep.equal({
      outcome: 'rejected',
    });
    expect(await held.check()).to.deep.equal({ alive: true, sent: 1, echoed: 1 });
    expect(await held.release()).to.deep.equal({ alive: true, sent: 2, echoed: 2 });
  });

  it('sends bytes over a held connection by itself, if asked to', async () => {
    const { port } = await world.host('pod-1-1').listen({ protocol: 'tcp', port: 0 });
    const held = await world.host('pod-1-2').holdOpen({ ip: SERVER_IP, port, intervalMs: 1 });
    let checks = 1;
    while ((await held.check()).sent < checks + 10) checks++;
    expect((await held.release()).alive).to.be.true;
  });

  it('refuses to hold a connection that nobody answers', async () => {
    const holding = world.host('pod-1-2').holdOpen({ ip: SERVER_IP, port: 1 });
    expect(await rejectionOf(holding)).to.include('not answered: {"outcome":"rejected"}');
  });

  it('notices when a held connection falls silent, and when it breaks', async () => {
    // Hosts that no other test uses: what is done to them here cannot be undone.
    const [server, cutOff] = [world.host('pod-1-3'), world.host('pod-1-4')];
    const { port } = await server.listen({ protocol: 'tcp', port: 0 });
    const silent = await cutOff.holdOpen({ ip: podIp('IPv4', 1, 3), port });
    const broken = await world.host('pod-1-2').holdOpen({ ip: podIp('IPv4', 1, 3), port });
    await cutOff.exec('ip', ['link', 'set', 'eth0', 'down']);
    await server.stop();
    expect(await silent.check()).to.deep.equal({ alive: false, sent: 1, echoed: 0 });
    expect(await broken.check()).to.deep.include({ alive: false, brokenBy: 'closed by peer' });
  });

  it('puts continuous load on a listener and counts who answers', async () => {
    const server = world.host('node-1');
    const listener = await server.listen({ protocol: 'tcp', port: 0 });
    const load = await world.host('pod-1-2').load({
      ...{ protocol: 'tcp', ip: nodeIp('IPv6', 1), port: listener.port },
      ...{ concurrency: 20, intervalMs: 1 },
    });
    while ((await load.report()).answered < 100);
    const { answered, failed, answeredBy } = await load.stop();
    expect(await server.countConnections(listener)).to.equal(answered);
    expect(answeredBy).to.deep.equal({ 'node-1': answered });
    expect(failed).to.equal(0);
  });

  it('counts the failures of a load and keeps the first', async () => {
    const load = await world.host('pod-1-2').load({
      ...{ protocol: 'udp', ip: SERVER_IP, port: 1 },
      ...{ concurrency: 2, intervalMs: 1 },
    });
    while ((await load.report()).failed < 50);
    const { answered, failed, firstFailures } = await load.stop();
    expect(answered).to.equal(0);
    expect(failed).to.be.at.least(50);
    expect(firstFailures.map(({ result }) => result)).to.deep.equal(
      Array(20).fill({ outcome: 'rejected' }),
    );
  });

  it('runs a program in its namespace to the end', async () => {
    const host = world.host('pod-1-1');
    expect((await host.exec('cat', [], { input: 'said' })).stdout).to.equal('said');
    expect((await host.exec('ls', ['/sys/class/net'])).stdout).to.equal('eth0\nlo');
    expect(await rejectionOf(host.exec('ls', ['/no-such-folder']))).to.include('No such file');
    const { exitCode, stderr } = await host.exec('ls', ['/no-such-folder'], { mayFail: true });
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('No such file');
  });

  it('runs a program in its namespace until it is stopped', async () => {
    const program = world.host('pod-1-1').spawn(process.execPath, ['--eval', TALKER], {
      env: { TALKER_SAYS: 'good evening' },
    });
    await program.waitForOutput(/good evening/);
    await program.waitForOutput(/complaint/);
    expect(program.stdout).to.equal('good evening\n');
    expect(program.stderr).to.equal('complaint\n');
    expect(await program.stop()).to.deep.equal({ exitCode: 3, signal: undefined });
  });

  it('tells what a program wrote that ended without the words waited for', async () => {
    const program = world.host('pod-1-1').spawn('echo', ['only this']);
    expect(await rejectionOf(program.waitForOutput(/that/))).to.equal(
      'echo ended without writing /that/:\nonly this\n',
    );
  });

  it('tells of a program that died by a signal', async () => {
    const program = world.host('pod-1-1').spawn('cat', ['/dev/zero']);
    program.signal('SIGKILL');
    expect(await program.ended()).to.deep.equal({ exitCode: undefined, signal: 'SIGKILL' });
  });
});

// --- internal ---

const TALKER = `
  process.on('SIGTERM', () => process.exit(3));
  console.log(process.env.TALKER_SAYS);
  console.error('complaint');
  setInterval(() => {}, 1000);
`;
