import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';

const NAME = 'hand-over';
const SETTING = 'net.ipv4.tcp_migrate_req';

describe('a userspace proxy that takes over from another one', () => {
  before(function () {
    // Kernels before 5.14 reset what waits in the queue of a listener that closes.
    if (!existsSync('/proc/sys/net/ipv4/tcp_migrate_req')) {
      this.test?.parent?.eachTest((test) => (test.title += `: this kernel has no ${SETTING}`));
      this.skip();
    }
  });

  it('loses no client where the kernel lets waiting clients change to the successor', async () => {
    const { answered, failures } = await handOver('1');
    expect(failures).to.deep.equal({});
    expect(answered).to.be.greaterThan(100);
  });

  it('refuses no client elsewhere, though some that wait in that moment are reset', async () => {
    const { answered, failures } = await handOver('0');
    expect(failures).to.not.have.property('ECONNREFUSED');
    expect(answered).to.be.greaterThan(100);
  });
});

// --- internal ---

interface HandOver {
  readonly answered: number;
  /** By the code of the error. */
  readonly failures: Readonly<Record<string, number>>;
}

const PROGRAM = fileURLToPath(new URL('fixtures/hand-over.ts', import.meta.url));

async function handOver(migrates: '0' | '1'): Promise<HandOver> {
  const inside = ['netns', 'exec', NAME];
  await execa('ip', ['netns', 'add', NAME]);
  try {
    await execa('ip', ['-n', NAME, 'link', 'set', 'lo', 'up']);
    await execa('ip', [...inside, 'sysctl', '-w', `${SETTING}=${migrates}`]);
    const program = [process.execPath, PROGRAM];
    const { stdout } = await execa('ip', [...inside, ...program], { timeout: 30_000 });
    return JSON.parse(stdout) as HandOver;
  } finally {
    await execa('ip', ['netns', 'delete', NAME]);
  }
}
