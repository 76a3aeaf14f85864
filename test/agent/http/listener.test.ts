import { connect } from 'node:net';
import { expect } from 'chai';
import { textAnswer, type Answerer } from '../../../agent/http/answer.ts';
import { listen, type Listening } from '../../../agent/http/listener.ts';
import { get } from '../support/http.ts';

const PLACE = { host: '127.0.0.1', port: 0, ipv6Only: false };

describe('listen', () => {
  const open: Listening[] = [];
  const failures: unknown[] = [];

  async function serve(answer: Answerer): Promise<Listening> {
    const failed = (error: unknown): void => void failures.push(error);
    const listening = await listen(PLACE, { answer, failed });
    open.push(listening);
    return listening;
  }

  afterEach(async () => {
    await Promise.all(open.splice(0).map((listening) => listening.close()));
    failures.length = 0;
  });

  it('answers with status, headers and body', async () => {
    const { port } = await serve(({ method, path, query }) =>
      textAnswer(418, `${method} ${path} ${query.get('q') ?? ''}`),
    );
    const { status, headers, text } = await get(port, '/a/b?q=c%20d', { method: 'POST' });
    expect(status).to.equal(418);
    expect(headers.get('content-type')).to.equal('text/plain; charset=utf-8');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
    expect(text).to.equal('POST /a/b c d');
  });

  it('answers HEAD without a body', async () => {
    const { port } = await serve(() => textAnswer(200, 'hello'));
    const { headers, text } = await get(port, '/', { method: 'HEAD' });
    expect(text).to.equal('');
    expect(headers.get('content-length')).to.equal('5');
  });

  it('sends a body that comes in pieces', async () => {
    const pieces = Array.from({ length: 1000 }, (_, i) => `${i}\n`);
    const { port } = await serve(() => textAnswer(200, pieces));
    expect((await get(port, '/')).text).to.equal(pieces.join(''));
  });

  it('makes no more pieces once the client has gone', async () => {
    let made = 0;
    const done = new Promise<void>((resolve) => {
      function* endless(): Generator<string> {
        try {
          for (;;) {
            made += 1;
            yield 'x'.repeat(65_536);
          }
        } finally {
          resolve();
        }
      }
      void serve(() => textAnswer(200, endless())).then(async ({ port }) => {
        const controller = new AbortController();
        const response = await fetch(`http://127.0.0.1:${port}/`, { signal: controller.signal });
        await response.body?.getReader().read();
        controller.abort();
      });
    });
    await done;
    expect(made).to.be.greaterThan(0);
    expect(failures).to.deep.equal([]);
  });

  it('answers 500 when there is no answer, and tells who has to know', async () => {
    const { port } = await serve(() => {
      throw new Error('secret');
    });
    const { status, text } = await get(port, '/');
    expect(status).to.equal(500);
    expect(text).to.not.include('secret');
    expect(failures).to.have.lengthOf(1);
  });

  it('refuses what is no path', async () => {
    const { port } = await serve(() => textAnswer(200, ''));
    const reply = await ask(port, 'GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(reply).to.match(/^HTTP\/1\.1 400 /);
  });

  it('rejects where somebody else listens', async () => {
    const { port } = await serve(() => textAnswer(200, ''));
    const second = listen({ ...PLACE, port }, { answer: () => textAnswer(200, ''), failed: done });
    expect(await second.then(() => 'listens', String)).to.include('EADDRINUSE');
  });

  it('closes although a client says nothing and stays', async () => {
    const listening = await serve(() => textAnswer(200, ''));
    const socket = connect(listening.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const gone = new Promise((resolve) => socket.once('close', resolve));
    await listening.close();
    await gone;
    await listening.close();
    expect(await get(listening.port, '/').then(() => 'answers', String)).to.include('fetch failed');
  });
});

function done(): void {
  return;
}

/** Sends this text and answers what comes back. */
async function ask(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(text);
  let reply = '';
  for await (const chunk of socket) reply += String(chunk);
  return reply;
}
