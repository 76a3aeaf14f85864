import { expect } from 'chai';
import { reset } from '../../../agent/userspace/reset.ts';
import { eventually } from '../../support/eventually.ts';
import { startBackend, type Backend } from './support/backend.ts';
import { createStage, makeSpec, type ProxyStage } from './support/proxy-stage.ts';
import { startSilentEndpoint, type SilentEndpoint } from './support/silent-endpoint.ts';

describe('an endpoint that does not answer at all', () => {
  let stage: ProxyStage;
  let silent: SilentEndpoint;
  let backend: Backend;

  beforeEach(async () => {
    stage = createStage({ dialMs: [30, 60, 120, 240] });
    silent = await startSilentEndpoint();
    backend = await startBackend('a');
  });

  afterEach(async () => {
    await stage.stop();
    await backend.stop();
    silent.stop();
  });

  it('is left for the next one when its time is up', async () => {
    const spec = makeSpec({ endpoints: [silent.endpoint, backend.endpoint] });
    await stage.apply(spec);
    for (let i = 0; i < 10; i++) expect(await stage.ask(spec)).to.equal('a\n');
    expect(stage.counts(spec)).to.include({ accepted: 10, failed: 0, retried: 3 });
  });

  it('is waited for as long as there is time when there is no other', async () => {
    const spec = makeSpec({ endpoints: [silent.endpoint] });
    await stage.apply(spec);
    const startedMs = performance.now();
    const socket = await stage.open(spec);
    await eventually(() => stage.counts(spec)?.failed === 1, 'it is given up');
    expect(performance.now() - startedMs).to.be.at.least(240);
    expect(stage.counts(spec)).to.include({ accepted: 1, failed: 1, retried: 0 });
    socket.destroy();
    await eventually(() => stage.counts(spec)?.active === 0, 'nothing is open');
  });

  it('does not keep a client that is gone by then, of whom the next one should be told', async () => {
    const spec = makeSpec({
      endpoints: [silent.endpoint, backend.endpoint],
      sendsProxyHeader: true,
    });
    await stage.apply(spec);
    const socket = await stage.open(spec);
    reset(socket);
    await eventually(() => backend.accepted === 1, 'the next one took it');
    await eventually(() => stage.counts(spec)?.active === 0, 'nothing is open');
    await eventually(() => backend.sockets.size === 0, 'the endpoint was told');
  });
});
