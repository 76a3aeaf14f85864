import { expect } from 'chai';
import { textAnswer } from '../../../agent/http/answer.ts';
import { listen } from '../../../agent/http/listener.ts';
import { AgentServer, ListenError } from '../../../agent/http/server.ts';
import type { Ip } from '../../../rules/ip.ts';
import { get } from '../support/http.ts';
import { recordLog } from '../support/log.ts';

const answer = () => textAnswer(200, 'hello');
const LOOPBACK = '127.0.0.1' as Ip;

/** A port of this machine that is taken, until `free` is called. */
async function takenPort() {
  const place = { host: LOOPBACK, port: 0, ipv6Only: false };
  const listening = await listen(place, { answer, failed: () => undefined });
  return { port: listening.port, free: () => listening.close() };
}

/** Waits that end when the test says so. */
function manualSleep() {
  const waits: { ms: number; end: () => void }[] = [];
  let begun: (() => void) | undefined;
  return {
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
        waits.push({ ms, end: resolve });
        begun?.();
      }),
    /** Resolves with the next wait. */
    next: async () => {
      if (waits.length === 0) await new Promise<void>((resolve) => (begun = resolve));
      return waits.shift();
    },
  };
}

describe('AgentServer', () => {
  it('answers where it listens, until it is stopped', async () => {
    const { log, lines } = recordLog();
    const address = { ip: LOOPBACK, port: 0 };
    const { sleep } = manualSleep();
    const server = new AgentServer({
      name: 'health',
      address,
      answer,
      isHardFail: false,
      log,
      sleep,
    });
    expect(server.port).to.equal(undefined);
    await server.start();
    const port = server.port ?? 0;
    expect((await get(port, '/')).text).to.equal('hello');
    expect(lines).to.have.lengthOf(1);
    expect(lines[0]).to.deep.include({ msg: 'listening', server: 'health', port });
    await server.stop();
    await server.stop();
    expect(await get(port, '/').then(() => 'answers', String)).to.include('fetch failed');
  });

  it('answers on both families at an unspecified address', async function () {
    const { log } = recordLog();
    const address = { ip: '0.0.0.0' as Ip, port: 0 };
    const { sleep } = manualSleep();
    const server = new AgentServer({
      name: 'health',
      address,
      answer,
      isHardFail: true,
      log,
      sleep,
    });
    await server.start();
    try {
      const port = server.port ?? 0;
      expect((await get(port, '/')).text).to.equal('hello');
      const overIpv6 = await fetch(`http://[::1]:${port}/`, { headers: { connection: 'close' } })
        .then((response) => response.text())
        .catch(() => undefined);
      if (overIpv6 === undefined) this.skip();
      expect(overIpv6).to.equal('hello');
    } finally {
      await server.stop();
    }
  });

  it('tries again every 5 s while it cannot listen, and says it once', async () => {
    const { log, lines } = recordLog();
    const taken = await takenPort();
    const { sleep, next } = manualSleep();
    const address = { ip: LOOPBACK, port: taken.port };
    const server = new AgentServer({
      name: 'health',
      address,
      answer,
      isHardFail: false,
      log,
      sleep,
    });
    await server.start();
    for (let attempt = 0; attempt < 3; attempt++) {
      const wait = await next();
      expect(wait?.ms).to.equal(5000);
      expect(server.port).to.equal(undefined);
      if (attempt === 2) await taken.free();
      wait?.end();
    }
    while (server.port === undefined) await new Promise(setImmediate);
    expect((await get(taken.port, '/')).text).to.equal('hello');
    expect(lines.map(({ msg }) => msg.replace(/:.*/, ''))).to.deep.equal([
      'the health server cannot listen at 127.0.0.1',
      'listening',
    ]);
    await server.stop();
  });

  it('stops while it waits for its address', async () => {
    const { log } = recordLog();
    const taken = await takenPort();
    const { sleep, next } = manualSleep();
    const address = { ip: LOOPBACK, port: taken.port };
    const server = new AgentServer({
      name: 'health',
      address,
      answer,
      isHardFail: false,
      log,
      sleep,
    });
    await server.start();
    await next();
    await server.stop();
    expect(server.port).to.equal(undefined);
    await taken.free();
  });

  it('fails at once where it must listen', async () => {
    const { log } = recordLog();
    const taken = await takenPort();
    const { sleep } = manualSleep();
    const address = { ip: LOOPBACK, port: taken.port };
    const server = new AgentServer({
      name: 'health',
      address,
      answer,
      isHardFail: true,
      log,
      sleep,
    });
    const error: unknown = await server.start().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ListenError);
    expect(String(error)).to.match(
      /the health server cannot listen at 127\.0\.0\.1:\d+: .*EADDRINUSE.*free/,
    );
    await taken.free();
    await server.stop();
  });
});
