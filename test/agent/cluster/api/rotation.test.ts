/** Credentials that change while the source watches, over TLS, with the real ways to come by them. */
import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createApiSourceWith } from '../../../../agent/cluster/api/api-source.ts';
import { connect } from '../../../../agent/cluster/api/connect.ts';
import { HttpTransport } from '../../../../agent/cluster/api/transport.ts';
import { createTestApiServer, type TestApiServer } from '../../../cluster/api-server.ts';
import {
  certificatesObstacle,
  createCertificates,
  type Certificates,
} from '../../../cluster/certificates.ts';
import type { KubeconfigUser } from '../../../cluster/kubeconfig.ts';
import { serviceObject } from '../support/manifests.ts';
import { RecordingSink } from '../support/recording-sink.ts';
import { useTempFolder } from '../support/temp-folder.ts';
import { ManualClock } from './support/manual-clock.ts';

const SERVICES = { resource: 'services' } as const;
const EXEC_API = 'client.authentication.k8s.io/v1';
const PAST = '2026-01-01T00:00:00Z';
const FUTURE = '2099-01-01T00:00:00Z';

describe('credentials that change during a watch', () => {
  const at = useTempFolder();
  let certificates: Certificates;
  let server: TestApiServer;
  let tokens: Set<string>;
  let clock: ManualClock;
  let sink: RecordingSink;
  let controller: AbortController;
  let outages: string[];

  before(async function () {
    const obstacle = await certificatesObstacle();
    if (obstacle !== undefined) {
      this.skip();
    }
    certificates = await createCertificates();
  });

  beforeEach(async () => {
    tokens = new Set(['first']);
    server = await createTestApiServer({ certificates, tokens });
    clock = new ManualClock();
    sink = new RecordingSink();
    controller = new AbortController();
    outages = [];
  });

  afterEach(async () => {
    controller.abort();
    await server.close();
  });

  /** With two Services known and a watch that has been open for a minute. */
  async function startWatching(user: KubeconfigUser): Promise<void> {
    await writeFile(at('kubeconfig'), server.kubeconfig(user));
    server.put(serviceObject('first'));
    const transport = new HttpTransport(connect({ kubeconfig: at('kubeconfig'), master: '' }));
    const observer = { away: ({ error }: { error: Error }) => outages.push(error.message) };
    await createApiSourceWith({ nodeName: 'node-1', transport, observer }, clock).start(
      sink,
      controller.signal,
    );
    await server.requests.until({ verb: 'watch', ...SERVICES }, 1);
    sink.take();
    server.put(serviceObject('second'));
    await sink.takeUntil('changed');
    clock.advance(60_000);
  }

  /** What the agent shows when it asks for the watch again that the server ends now. */
  async function shownAtNextWatch(): Promise<string> {
    server.watches('services')[0]?.end();
    await server.requests.until({ verb: 'watch', ...SERVICES }, 2);
    server.put(serviceObject('third'));
    expect(await sink.takeUntil('changed')).to.include('+service default/third 80');
    expect(server.requests.of({ verb: 'list', ...SERVICES })).to.have.length(1);
    expect(outages).to.deep.equal([]);
    return server.requests.of({ verb: 'watch', ...SERVICES }).at(-1)?.authorization ?? '';
  }

  async function installProgram(token: string, expirationTimestamp: string): Promise<void> {
    const status = { token, expirationTimestamp };
    const text = JSON.stringify({ apiVersion: EXEC_API, kind: 'ExecCredential', status });
    await writeFile(at('program'), `#!/bin/sh\necho '${text}'\n`);
    await chmod(at('program'), 0o755);
  }

  const program = () => ({ exec: { apiVersion: EXEC_API, command: at('program'), args: [] } });

  it('are read again when the server refuses those of before: a token file', async () => {
    await writeFile(at('token'), 'first\n');
    await startWatching({ tokenFile: at('token') });
    await writeFile(at('token'), 'second\n');
    tokens.delete('first');
    tokens.add('second');
    expect(await shownAtNextWatch()).to.equal('Bearer second');
  });

  it('are asked for again once they are over, before anybody refuses them: a program', async () => {
    await installProgram('first', PAST);
    await startWatching(program());
    await installProgram('second', FUTURE);
    tokens.add('second');
    expect(await shownAtNextWatch()).to.equal('Bearer second');
  });

  it('are kept for as long as a program says that they are good', async () => {
    await installProgram('first', FUTURE);
    await startWatching(program());
    await installProgram('second', FUTURE);
    expect(await shownAtNextWatch()).to.equal('Bearer first');
  });

  it('are asked for again when the server refuses them early: a program', async () => {
    await installProgram('first', FUTURE);
    await startWatching(program());
    await installProgram('second', FUTURE);
    tokens.delete('first');
    tokens.add('second');
    expect(await shownAtNextWatch()).to.equal('Bearer second');
  });
});
