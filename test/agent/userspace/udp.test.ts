import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import type { Ip } from '../../../rules/ip.ts';
import type { ListenerSpec } from '../../../rules/userspace/listener-spec.ts';
import { LOOPBACK } from '../../support/addresses.ts';
import { eventually } from '../../support/eventually.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { startBackend } from './support/backend.ts';
import {
  openClient,
  startUdpBackend,
  type UdpBackend,
  type UdpClient,
} from './support/datagrams.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';

describe('a UDP listener', () => {
  let stage: ProxyStage;
  let backends: UdpBackend[];
  let clients: UdpClient[];

  beforeEach(async () => {
    stage = createStage();
    backends = await Promise.all(['a', 'b'].map((name) => startUdpBackend(name)));
    clients = await Promise.all(Array.from({ length: 4 }, () => openClient()));
  });

  afterEach(async () => {
    await stage.stop();
    await Promise.all(backends.map((backend) => backend.stop()));
    for (const { socket } of clients) socket.close();
  });

  const endpoints = () => backends.map(({ endpoint }) => endpoint);
  const udpSpec = (fields: Partial<ListenerSpec> = {}): ListenerSpec =>
    makeSpec({ protocol: 'udp', endpoints: endpoints(), ...fields });
  const portOf = (spec: ListenerSpec): number => stage.proxy.portOf(spec.id) ?? 0;
  /** What each client gets in answer to the same, one after the other. */
  const askEach = async (spec: ListenerSpec, question: string): Promise<string[]> => {
    const answers: string[] = [];
    for (const client of clients) answers.push(await client.ask(question, portOf(spec)));
    return answers;
  };

  it('takes turns with clients, keeps each with its endpoint, and answers from its own address', async () => {
    const spec = udpSpec();
    expect(await stage.apply(spec)).to.deep.equal([]);
    const first = await askEach(spec, '1');
    expect(first.toSorted()).to.deep.equal(['a 1', 'a 1', 'b 1', 'b 1']);
    for (const turn of ['2', '3']) {
      const expected = first.map((answer) => answer.replace('1', turn));
      expect(await askEach(spec, turn)).to.deep.equal(expected);
    }
    expect(stage.counts(spec)).to.include({
      accepted: 4,
      active: 4,
      receivedBytes: 4 * 3,
      sentBytes: 4 * 3 * 3,
    });
    expect(backends.map(({ flows }) => flows.size)).to.deep.equal([2, 2]);
  });

  it('forgets a flow that was idle for too long', async () => {
    const strict = createStage({ udpIdleMs: 60 });
    const spec = udpSpec();
    await strict.apply(spec);
    await clients[0]?.ask('1', strict.proxy.portOf(spec.id) ?? 0);
    expect(strict.counts(spec)).to.include({ active: 1 });
    await eventually(() => strict.counts(spec)?.active === 0, 'the flow is gone');
    await strict.stop();
  });

  it('has a bounded number of flows: the one not used for longest makes room', async () => {
    const strict = createStage({ maxFlows: 2 });
    const spec = udpSpec({ endpoints: endpoints().slice(0, 1) });
    await strict.apply(spec);
    const port = strict.proxy.portOf(spec.id) ?? 0;
    for (const client of clients) expect(await client.ask('1', port)).to.equal('a 1');
    expect(strict.counts(spec)).to.include({ accepted: 4, active: 2 });
    // Whoever lost its flow gets a new one.
    expect(await clients[0]?.ask('2', port)).to.equal('a 2');
    expect(strict.counts(spec)).to.include({ accepted: 5, active: 2 });
    await strict.stop();
  });

  it('leaves sockets for connections, however many clients there are', async () => {
    const narrow = createStage({ maxSockets: 40 });
    const backend = await startBackend('tcp');
    const tcp = makeSpec({ endpoints: [backend.endpoint] });
    const udp = udpSpec({ endpoints: endpoints().slice(0, 1) });
    await narrow.apply(tcp, udp);
    const more = await Promise.all(Array.from({ length: 50 }, () => openClient()));
    const port = narrow.proxy.portOf(udp.id) ?? 0;
    for (const client of more) expect(await client.ask('1', port)).to.equal('a 1');
    expect(await narrow.ask(tcp)).to.equal('tcp\n');
    expect(narrow.told.exhausted).to.deep.equal([]);
    for (const { socket } of more) socket.close();
    await narrow.stop();
    await backend.stop();
  });

  it('sends to the next endpoint what one that is not there did not answer', async () => {
    const [dead] = backends.splice(0, 1);
    await dead?.stop();
    const spec = udpSpec({
      endpoints: [...(dead === undefined ? [] : [dead.endpoint]), ...endpoints()],
    });
    await stage.apply(spec);
    expect(await askEach(spec, '1')).to.deep.equal(Array(4).fill('b 1'));
    expect(stage.counts(spec)?.retried).to.be.within(1, 4);
  });

  it('sends to the next endpoint what the kernel does not let go to one', async () => {
    // To broadcast an ordinary socket may not.
    const barred = { id: '0', ip: BROADCAST, port: 53, weight: 1 };
    const spec = udpSpec({ endpoints: [barred, ...endpoints().slice(0, 1)] });
    await stage.apply(spec);
    expect(await askEach(spec, '1')).to.deep.equal(Array(4).fill('a 1'));
    expect(stage.counts(spec)).to.include({ accepted: 4, active: 4, failed: 0 });
  });

  it('moves a flow when its endpoint goes from the list', async () => {
    const spec = udpSpec({ endpoints: endpoints().slice(0, 1) });
    await stage.apply(spec);
    expect(await clients[0]?.ask('1', portOf(spec))).to.equal('a 1');
    await stage.apply({ ...spec, endpoints: endpoints().slice(1) });
    expect(await clients[0]?.ask('2', portOf(spec))).to.equal('b 2');
  });

  it('moves a flow when its endpoint stops', async () => {
    const [first] = backends;
    const spec = udpSpec({ endpoints: endpoints() });
    await stage.apply(spec);
    expect(await clients[0]?.ask('1', portOf(spec))).to.match(/^[ab] 1$/);
    const isFirst = first?.flows.size === 1;
    const [stopped] = backends.splice(isFirst ? 0 : 1, 1);
    await stopped?.stop();
    // This one is lost, as the answer to it shows that nobody is there.
    await rejectionOf(clients[0]?.ask('2', portOf(spec)) ?? Promise.resolve(), Error);
    expect(await clients[0]?.ask('3', portOf(spec))).to.equal(isFirst ? 'b 3' : 'a 3');
  });

  it('does not send again what was sent long before, as one does who never gets answers', async () => {
    const patient = createStage({ udpReplayMs: 30 });
    const silent = await startUdpBackend(undefined);
    const [next] = endpoints();
    if (next === undefined) expect.fail('no endpoint');
    const spec = udpSpec({
      endpoints: [
        { ...silent.endpoint, id: '1' },
        { ...next, id: '2' },
      ],
    });
    await patient.apply(spec);
    const port = patient.proxy.portOf(spec.id) ?? 0;
    const [client] = clients;
    const answers: string[] = [];
    client?.socket.on('message', (datagram) => answers.push(datagram.toString()));
    client?.socket.send('1', port, LOOPBACK.IPv4);
    await eventually(() => silent.flows.size === 1, 'it arrived');
    await sleep(100);
    await silent.stop();
    client?.socket.send('2', port, LOOPBACK.IPv4);
    await eventually(() => patient.counts(spec)?.retried === 1, 'the flow moved');
    await client?.ask('3', port);
    expect(answers).to.deep.equal(['a 3']);
    await patient.stop();
  });

  it('keeps all flows of a client with one endpoint if it has affinity', async () => {
    const spec = udpSpec({ affinitySeconds: 60 });
    await stage.apply(spec);
    expect(new Set(await askEach(spec, '1'))).to.have.property('size', 1);
  });

  it('drops what nobody can take', async () => {
    const spec = udpSpec({ endpoints: [] });
    await stage.apply(spec);
    await rejectionOf(clients[0]?.ask('1', portOf(spec)) ?? Promise.resolve(), Error);
    expect(stage.counts(spec)).to.include({ accepted: 1, active: 0, failed: 1 });
  });

  it('may have the port number of a TCP listener', async () => {
    const tcp = makeSpec();
    await stage.apply(tcp);
    const udp = udpSpec({ port: stage.proxy.portOf(tcp.id) });
    expect(await stage.apply(tcp, udp)).to.deep.equal([]);
    expect(await clients[0]?.ask('1', portOf(udp))).to.match(/ 1$/);
  });

  it('carries datagrams of any size', async () => {
    const spec = udpSpec({ endpoints: endpoints().slice(0, 1) });
    await stage.apply(spec);
    for (const size of [0, 1, 1_472, 60_000]) {
      const question = 'x'.repeat(size);
      expect(await clients[0]?.ask(question, portOf(spec))).to.equal(`a ${question}`);
    }
  });
});

// --- internal ---

/** Everybody on the loopback network. */
const BROADCAST = LOOPBACK.IPv4.replace('0.0.1', '255.255.255') as Ip;
