import { chmod, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { KernelError, type KernelErrorCode } from '../../../agent/kernel/kernel-error.ts';
import { createNft } from '../../../agent/kernel/nft-process.ts';
import { fakeNft, type FakeNft } from '../../support/fake-programs.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { useTempFolder } from '../cluster/support/temp-folder.ts';

/** More than a pipe holds. */
const MEGABYTE = 'x'.repeat(1 << 20);

describe('createNft', () => {
  const pathTo = useTempFolder();

  it('passes on arguments as they are, and input through to its end', async () => {
    const args = ['-f', '-', '; reboot', '$(reboot)', "'"];
    const { exitCode, stdout, stderr } = await run('mirror', args, MEGABYTE);
    expect(JSON.parse(stdout)).to.deep.equal({ args, input: MEGABYTE, LC_ALL: 'C' });
    expect([exitCode, stderr]).to.deep.equal([0, 'a warning\n']);
  });

  it('gives a program without input none to wait for', async () => {
    const { stdout } = await run('mirror', ['--version']);
    expect(JSON.parse(stdout)).to.include({ input: '' });
  });

  it('takes a failure that the program reports for a result', async () => {
    const { exitCode, stderr } = await run('failing', ['-f', '-'], 'add table ip t\n');
    expect(exitCode).to.equal(1);
    expect(stderr).to.include('Operation not permitted');
  });

  it('does not mind a program that leaves its input unread', async () => {
    expect((await run('deaf', ['-f', '-'], MEGABYTE)).exitCode).to.equal(0);
  });

  it('waits for one that is slow but within its time', async () => {
    expect((await run('slow', [])).stdout).to.match(/^\{"nftables": .*\}\n$/);
  });

  const ENDS: readonly {
    readonly name: string;
    readonly kind: FakeNft;
    readonly code: KernelErrorCode;
    readonly message: RegExp;
  }[] = [
    {
      name: 'does not end within its time',
      kind: 'hanging',
      code: 'timeout',
      message: /nft-hanging did not end within 300 ms$/,
    },
    {
      name: 'is killed half-way',
      kind: 'killed',
      code: 'killed',
      message: /nft-killed was ended by SIGKILL$/,
    },
    {
      name: 'dies of a fault of its own',
      kind: 'crashing',
      code: 'crashed',
      message: /nft-crashing was ended by SIGABRT: nft: src\/netlink\.c:42: Assertion/,
    },
  ];
  for (const { name, kind, code, message } of ENDS) {
    it(`says so when the program ${name}`, async () => {
      const nft = createNft({
        program: fakeNft(kind),
        timeoutMs: kind === 'hanging' ? 300 : 10_000,
      });
      const error = await rejectionOf(nft(['-f', '-'], MEGABYTE), KernelError);
      expect(error.message).to.match(message);
      expect(error.code).to.equal(code);
    });
  }

  it('says what to install when there is no such program', async () => {
    const program = pathTo('nft');
    const error = await rejectionOf(createNft({ program, timeoutMs: 10_000 })([]), KernelError);
    expect(error.message).to.equal(`there is no program ${program}: install the nftables package`);
    expect(error.code).to.equal('nft-missing');
  });

  it('says so when the program may not be run', async () => {
    const program = pathTo('nft');
    await writeFile(program, '');
    await chmod(program, 0o644);
    const error = await rejectionOf(createNft({ program, timeoutMs: 10_000 })([]), KernelError);
    expect(error.message).to.equal(`${program} may not be run`);
    expect(error.code).to.equal('not-permitted');
  });
});

// --- internal ---

function run(kind: FakeNft, args: readonly string[], input?: string) {
  return createNft({ program: fakeNft(kind), timeoutMs: 10_000 })(args, input);
}
