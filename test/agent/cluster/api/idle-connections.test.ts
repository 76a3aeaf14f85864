/** Connections that a firewall has forgotten: nobody closes them, and nothing comes over them any more. */
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { ApiClient } from '../../../../agent/cluster/api/api-client.ts';
import { ApiError } from '../../../../agent/cluster/api/api-error.ts';
import { HttpTransport } from '../../../../agent/cluster/api/transport.ts';
import { type Relay, startRelay } from '../../../../scripts/world/host/relay.ts';
import { createTestApiServer, type TestApiServer } from '../../../cluster/api-server.ts';
import { rejectionOf } from '../../../support/rejection.ts';
import { freePort } from '../../userspace/support/backend.ts';
import { ManualClock } from './support/manual-clock.ts';
import { plainConnection } from './support/plain-connection.ts';

const LIST = { verb: 'list', kind: 'Service', target: '/api/v1/services' } as const;
const WATCH = { verb: 'watch', kind: 'Service', target: '/api/v1/services?watch=1' } as const;
const WATCH_MS = 90_000;

describe('connections to an API server', () => {
  let server: TestApiServer;
  let relay: Relay;
  let client: ApiClient;
  const clock = new ManualClock();
  const controller = new AbortController();
  const { signal } = controller;

  before(async () => {
    server = await createTestApiServer();
    const port = await freePort();
    relay = await startRelay({ port }, { port: Number(new URL(server.url).port) });
    const transport = new HttpTransport(plainConnection(`http://127.0.0.1:${port}`));
    client = new ApiClient(transport, clock, {});
  });
  after(async () => {
    controller.abort();
    client.close();
    relay.close();
    await server.close();
  });

  it('that were idle while one died are not used again', async () => {
    const watch = await client.open(WATCH, signal);
    await buffer(await client.open(LIST, signal));
    relay.stall();
    const death = rejectionOf(buffer(watch), ApiError);
    await clock.fire(WATCH_MS);
    expect((await death).code).to.equal('silent');
    await buffer(await client.open(LIST, signal));
    expect(server.requests.of({ verb: 'list' })).to.have.length(2);
  });
});
