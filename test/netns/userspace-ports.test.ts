import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';

const NAME = 'few-ports';
const PORTS = 20;

describe('a userspace proxy without ports left to an endpoint', () => {
  before(async () => {
    await execa('ip', ['netns', 'add', NAME]);
    await execa('ip', ['-n', NAME, 'link', 'set', 'lo', 'up']);
    const range = `net.ipv4.ip_local_port_range=40000 ${40_000 + PORTS - 1}`;
    await execa('ip', ['netns', 'exec', NAME, 'sysctl', '-w', range]);
  });
  after(async () => {
    await execa('ip', ['netns', 'delete', NAME]);
  });

  it('serves others as before, and goes on by itself', async () => {
    const args = ['netns', 'exec', NAME, process.execPath, PROGRAM];
    const { stdout } = await execa('ip', args, { timeout: 15_000 });
    expect(JSON.parse(stdout)).to.deep.equal({
      exhausted: ['ports'],
      answers: Array.from({ length: 10 }, () => 'quiet'),
      again: 'busy\n',
    });
  });
});

// --- internal ---

const PROGRAM = fileURLToPath(new URL('fixtures/few-ports.ts', import.meta.url));
