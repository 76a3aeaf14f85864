import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { LOOPBACK } from '../../support/addresses.ts';
import { freePort, startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';

describe('the userspace proxy', () => {
  let stage: ProxyStage;
  let backend: Backend;

  beforeEach(async () => {
    stage = createStage();
    backend = await startBackend('a');
  });

  afterEach(async () => {
    await stage.stop();
    await backend.stop();
  });

  it('leaves the listeners of other owners alone', async () => {
    const [web, dns] = [makeSpec(), makeSpec({ endpoints: [backend.endpoint] })];
    await stage.proxy.apply(new Map([['default/web', [web]]]));
    await stage.proxy.apply(new Map([['default/dns', [dns]]]));
    await stage.proxy.apply(new Map([['default/web', []]]));
    expect(stage.proxy.portOf(web.id)).to.equal(undefined);
    expect(await stage.ask(dns)).to.equal('a\n');
  });

  it('changes a listener in place: same port, new endpoints', async () => {
    const spec = makeSpec();
    await stage.apply(spec);
    const port = stage.proxy.portOf(spec.id);
    await stage.apply({ ...spec, endpoints: [backend.endpoint] });
    expect(stage.proxy.portOf(spec.id)).to.equal(port);
    expect(await stage.ask(spec)).to.equal('a\n');
  });

  it('moves a listener to another port', async () => {
    const spec = makeSpec({ endpoints: [backend.endpoint] });
    await stage.apply(spec);
    const port = await freePort();
    await stage.apply({ ...spec, port });
    expect(stage.proxy.portOf(spec.id)).to.equal(port);
    expect(await stage.ask(spec)).to.equal('a\n');
  });

  it('says which listener cannot listen and why, serves the others, and tries again', async () => {
    const stranger = createServer();
    stranger.listen(0, LOOPBACK.IPv4);
    await once(stranger, 'listening');
    const { port } = stranger.address() as { port: number };
    const bad = makeSpec({ endpoints: [backend.endpoint], port });
    const good = makeSpec({ endpoints: [backend.endpoint] });
    const failures = await stage.apply(bad, good);
    expect(failures.map(({ spec }) => spec)).to.deep.equal([bad]);
    expect(failures[0]?.message).to.match(
      /^default\/web:http\/tcp: cannot listen at 127\.0\.0\.1 port \d+: listen EADDRINUSE/,
    );
    expect(stage.told.failures).to.deep.equal(failures);
    expect(stage.proxy.portOf(bad.id)).to.equal(undefined);
    expect(await stage.ask(good)).to.equal('a\n');

    expect(await stage.proxy.apply(new Map())).to.have.length(1);
    stranger.close();
    await once(stranger, 'close');
    expect(await stage.proxy.apply(new Map())).to.deep.equal([]);
    expect(await stage.ask(bad)).to.equal('a\n');
  });

  it('takes another port than one that somebody else has', async () => {
    const spec = makeSpec({ endpoints: [backend.endpoint] });
    await stage.apply(spec);
    const port = stage.proxy.portOf(spec.id) ?? 0;
    await stage.apply();
    const stranger = createServer();
    stranger.listen(port, LOOPBACK.IPv4);
    await once(stranger, 'listening');
    expect(await stage.apply(spec)).to.deep.equal([]);
    expect(stage.proxy.portOf(spec.id)).to.not.equal(port);
    expect(await stage.ask(spec)).to.equal('a\n');
    stranger.close();
  });

  it('listens at all addresses of a listener or at none', async () => {
    const spec = makeSpec({ ips: [LOOPBACK.IPv4, LOOPBACK.IPv6], port: await freePort() });
    const stranger = createServer();
    stranger.listen(spec.port, LOOPBACK.IPv6);
    await once(stranger, 'listening');
    expect(await stage.apply(spec)).to.have.length(1);
    const tester = createServer();
    tester.listen(spec.port, LOOPBACK.IPv4);
    await once(tester, 'listening');
    for (const server of [stranger, tester]) server.close();
  });

  it('refuses nothing and serves nothing once it was stopped', async () => {
    await stage.stop();
    const spec = makeSpec();
    expect(await stage.apply(spec)).to.deep.equal([]);
    expect(stage.proxy.portOf(spec.id)).to.equal(undefined);
  });
});
