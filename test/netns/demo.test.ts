import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execa } from 'execa';

/** It takes twenty seconds; a busy machine may take longer. */
const TIMEOUT_MS = 60_000;

describe('the demo', function () {
  this.timeout(TIMEOUT_MS);

  it('shows everything without a failed connection and leaves nothing behind', async () => {
    const { all, exitCode } = await execa(process.execPath, [DEMO], { all: true, reject: false });
    expect(exitCode, all).to.equal(0);
    const lines = all.split('\n').map((line) => line.trim());
    for (const pattern of [
      /^scale-up: [\d,]+ connections, 0 failed$/,
      /^replacement: [\d,]+ connections, 0 failed$/,
      /^held: (\d+) of \1 connections alive, /,
      /^"switchyard diff" on node-1: no differences$/,
      /^"switchyard diff" on node-2: no differences$/,
      /^[\d,]+ connections, 0 failed; /,
      /^processes none$/,
      /^networks +none$/,
    ]) {
      expect(
        lines.filter((line) => pattern.test(line)),
        `${String(pattern)} in\n${all}`,
      ).to.have.length(1);
    }
    expect(lines.filter((line) => line.length > 100)).to.deep.equal([]);
  });

  it('ends with everything in it when it is interrupted', async () => {
    const demo = spawn(process.execPath, [DEMO], { stdio: ['ignore', 'pipe', 'inherit'] });
    const closed = once(demo, 'close');
    let output = '';
    for await (const chunk of demo.stdout.setEncoding('utf8')) {
      if (!output.includes('built') && String(chunk).includes('built')) demo.kill('SIGINT');
      output += String(chunk);
    }
    await closed;
    expect(demo.exitCode).to.equal(143);
    expect(output).to.match(/processes none\n +networks +none\n\n +stopped by a signal/);
    expect(output).not.to.include('2. The rules');
  });

  it('says what is needed where private namespaces are forbidden', async () => {
    const { exitCode, stdout, stderr } = await execa(process.execPath, [DEMO], {
      env: { PATH: [FORBIDDEN, dirname(process.execPath)].join(':') },
      reject: false,
    });
    expect(exitCode).to.equal(1);
    expect(stdout).to.equal('');
    expect(stderr).to.match(/^private namespaces are needed, but\n/);
  });

  it('explains itself, and refuses what it does not know', async () => {
    const help = await execa(process.execPath, [DEMO, '--help']);
    expect(help.stdout).to.match(/^usage: .*--keep/);
    const wrong = await execa(process.execPath, [DEMO, '--kept'], { reject: false });
    expect(wrong).to.include({ exitCode: 2, stdout: '', stderr: help.stdout });
  });
});

// --- internal ---

const DEMO = fileURLToPath(new URL('../../scripts/demo.ts', import.meta.url));

/** Here unshare(1) is a program that always refuses. */
const FORBIDDEN = fileURLToPath(new URL('fixtures/bin', import.meta.url));
