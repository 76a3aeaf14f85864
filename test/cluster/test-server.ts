/** The test API server as one that tests run on: with TLS, tokens, and bookmarks as often as a real one. */
import { createTestApiServer, type TestApiServer } from './api-server.ts';
import { createCertificates, type Certificates } from './certificates.ts';
import type { ApiAccess } from './api-client.ts';
import type { ApiServer, ApiUser } from './server.ts';

/** Starts one. */
export async function createTestServer(): Promise<ApiServer> {
  const certificates = await createCertificates();
  const tokens = { admin: crypto.randomUUID(), agent: crypto.randomUUID() };
  const test = await createTestApiServer({ certificates, tokens: new Set(Object.values(tokens)) });
  // What every cluster has.
  for (const name of ['default', 'kube-system']) {
    test.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  return new TestServer(test, certificates, tokens);
}

// --- internal ---

const BOOKMARK_MS = 60_000;

class TestServer implements ApiServer {
  readonly name = 'the test API server';
  readonly test: TestApiServer;
  readonly #certificates: Certificates;
  readonly #tokens: Readonly<Record<ApiUser, string>>;
  readonly #bookmarks: NodeJS.Timeout;
  #isUp = true;

  constructor(
    test: TestApiServer,
    certificates: Certificates,
    tokens: Readonly<Record<ApiUser, string>>,
  ) {
    this.test = test;
    this.#certificates = certificates;
    this.#tokens = tokens;
    this.#bookmarks = setInterval(() => {
      test.bookmark();
    }, BOOKMARK_MS);
  }

  get port(): number {
    return Number(new URL(this.test.url).port);
  }

  access(user: ApiUser): ApiAccess {
    return { url: this.test.url, ca: this.#certificates.ca, token: this.#tokens[user] };
  }

  async kill(): Promise<void> {
    this.#isUp = false;
    await this.test.close();
  }

  async restart(): Promise<void> {
    await this.test.listen();
    this.#isUp = true;
  }

  async close(): Promise<void> {
    clearInterval(this.#bookmarks);
    if (this.#isUp) await this.kill();
  }
}
