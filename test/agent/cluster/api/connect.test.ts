import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { connect } from '../../../../agent/cluster/api/connect.ts';
import { readObject } from '../../../../agent/cluster/api/read-body.ts';
import { HttpTransport } from '../../../../agent/cluster/api/transport.ts';
import { ConfigError } from '../../../../agent/config/config-error.ts';
import { createTestApiServer, type TestApiServer } from '../../../cluster/api-server.ts';
import {
  certificatesObstacle,
  createCertificates,
  type Certificates,
} from '../../../cluster/certificates.ts';
import { certificateUser, type KubeconfigUser } from '../../../cluster/kubeconfig.ts';
import { useTempFolder } from '../support/temp-folder.ts';

const LIST = '/api/v1/services';

describe('the way to the API server', () => {
  const at = useTempFolder();
  const transports: HttpTransport[] = [];
  const tokens = new Set<string>();
  let server: TestApiServer | undefined;

  afterEach(async () => {
    for (const transport of transports.splice(0)) transport.close();
    tokens.clear();
    await server?.close();
    server = undefined;
  });

  /** The server's status for a request by this kubeconfig. */
  async function connectWith(kubeconfig: string, master = ''): Promise<() => Promise<number>> {
    await writeFile(at('kubeconfig'), kubeconfig);
    const transport = new HttpTransport(connect({ kubeconfig: at('kubeconfig'), master }));
    transports.push(transport);
    return async () => {
      const { status, body } = await transport.send(
        { method: 'GET', target: LIST },
        AbortSignal.timeout(10_000),
      );
      await readObject(body);
      if (status === 401) transport.renew();
      return status;
    };
  }

  describe('over plain HTTP', () => {
    it('needs nothing', async () => {
      server = await createTestApiServer();
      expect(await (await connectWith(server.kubeconfig()))()).to.equal(200);
    });

    it('goes to --master instead of the server in the file', async () => {
      server = await createTestApiServer();
      const text = server.kubeconfig().replace(server.url, 'https://[2001:db8:51::1]:6443');
      expect(await (await connectWith(text, server.url))()).to.equal(200);
    });
  });

  describe('over TLS', () => {
    let certificates: Certificates;

    before(async function () {
      const obstacle = await certificatesObstacle();
      if (obstacle !== undefined) {
        this.skip();
      }
      certificates = await createCertificates();
    });

    async function start(user: KubeconfigUser, ca = certificates.ca) {
      server = await createTestApiServer({ certificates, tokens });
      const text = server.kubeconfig(user);
      const trusted = Buffer.from(certificates.ca).toString('base64');
      return await connectWith(text.replace(trusted, Buffer.from(ca).toString('base64')));
    }

    it('shows a token', async () => {
      tokens.add('secret');
      expect(await (await start({ token: 'secret' }))()).to.equal(200);
    });

    it('is refused with a token that nobody knows', async () => {
      expect(await (await start({ token: 'wrong' }))()).to.equal(401);
    });

    it('shows a client certificate', async () => {
      expect(await (await start(certificateUser(certificates.client)))()).to.equal(200);
    });

    it('takes a new client certificate from its file without being told', async () => {
      const stranger = await createCertificates();
      await writeFile(at('client.crt'), stranger.client.cert);
      await writeFile(at('client.key'), stranger.client.key);
      const ask = await start({
        'client-certificate': at('client.crt'),
        'client-key': at('client.key'),
      });
      expect(await ask()).to.equal(401);
      await writeFile(at('client.crt'), certificates.client.cert);
      await writeFile(at('client.key'), certificates.client.key);
      expect(await ask()).to.equal(200);
    });

    it('reads the token file of a kubeadm cluster, and reads it again when it is refused', async () => {
      tokens.add('first');
      await writeFile(at('token'), 'first\n');
      const ask = await start({ tokenFile: 'token' });
      expect(await ask()).to.equal(200);
      tokens.delete('first');
      tokens.add('second');
      await writeFile(at('token'), 'second\n');
      expect(await ask()).to.equal(401);
      expect(await ask()).to.equal(200);
    });

    it('reads the kubeconfig file again when it is refused', async () => {
      const ask = await start({ token: 'old' });
      expect(await ask()).to.equal(401);
      tokens.add('new');
      await writeFile(at('kubeconfig'), server?.kubeconfig({ token: 'new' }) ?? '');
      expect(await ask()).to.equal(200);
    });

    it('asks a program for a token, and again when that is refused', async () => {
      const credential = {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        status: { token: 'TOKEN' },
      };
      async function installed(token: string): Promise<void> {
        const text = JSON.stringify(credential).replace('TOKEN', token);
        await writeFile(at('program'), `#!/bin/sh\necho '${text}'\n`);
        await chmod(at('program'), 0o755);
      }
      await installed('old');
      const apiVersion = 'client.authentication.k8s.io/v1';
      const ask = await start({ exec: { apiVersion, command: at('program'), args: [] } });
      expect(await ask()).to.equal(401);
      tokens.add('new');
      await installed('new');
      expect(await ask()).to.equal(200);
    });

    it('does not speak to a server whose certificate another authority signed', async () => {
      const stranger = await createCertificates();
      const ask = await start({ token: 'secret' }, stranger.ca);
      const error: unknown = await ask().catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(Error);
      expect(server?.requests.of({})).to.deep.equal([]);
    });
  });

  describe('is refused', () => {
    for (const { name, text, expected } of [
      { name: 'a file that is not there', text: undefined, expected: 'ENOENT' },
      { name: 'a file of another kind', text: 'a: 1\n', expected: 'names no context' },
      {
        name: 'a context without its cluster',
        text: 'contexts: [{name: a, context: {cluster: b, user: c}}]\ncurrent-context: a\n',
        expected: 'has no cluster "b"',
      },
      {
        name: 'a server that is no address',
        text: 'clusters: [{name: b, cluster: {server: nonsense}}]\ncontexts: [{name: a, context: {cluster: b, user: c}}]\ncurrent-context: a\n',
        expected: 'expected an http or https address',
      },
      { name: 'no YAML', text: '{', expected: 'cannot use kubeconfig' },
    ]) {
      it(`for ${name}`, async () => {
        if (text !== undefined) await writeFile(at('bad'), text);
        expect(() => connect({ kubeconfig: at('bad'), master: '' }))
          .to.throw(ConfigError)
          .with.property('message')
          .that.includes(expected);
      });
    }

    it('for nothing at all, outside of a pod', () => {
      expect(() => connect({ kubeconfig: '', master: '' })).to.throw(ConfigError, '--kubeconfig');
    });
  });
});
