/** The program as a person starts it. */
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { exitCodeOf, explain } from '../../../agent/cli/exit.ts';
import { createProgram } from '../../../agent/cli/program.ts';
import { fakeNft, type FakeNft } from '../../support/fake-programs.ts';

/** The repository's folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The example manifests. */
export const EXAMPLES = join(ROOT, 'manifests/examples');

/** How a run ended. */
export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** How to run it. */
export interface RunOptions {
  readonly input?: string;
  /** The folders where programs are found; without it those of this process. */
  readonly path?: string;
}

/** Runs the program to its end. */
export async function switchyard(
  args: readonly string[],
  { input = '', path }: RunOptions = {},
): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, ['agent/main.ts', ...args], {
    cwd: ROOT,
    input,
    reject: false,
    env: { NO_COLOR: '1', ...(path === undefined ? {} : { PATH: path }) },
  });
  return { exitCode, stdout, stderr };
}

/** Has the program understand arguments in this process: for help and wrong use, which run nothing. */
export async function parse(args: readonly string[]): Promise<Ended> {
  const program = createProgram();
  let [stdout, stderr] = ['', ''];
  for (const command of [program, ...program.commands]) {
    command.configureOutput({
      writeOut: (text) => (stdout += text),
      writeErr: (text) => (stderr += text),
    });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    return { exitCode: exitCodeOf(error), stdout, stderr: stderr + explain(error) };
  }
}

/** A PATH on which there is no nft, but a Node. */
export const PATH_WITHOUT_NFT = dirname(process.execPath);

/** Calls a function with a PATH on which nft is a fake one, and iptables is not: it would be a real one. */
export async function withFakeNft<T>(kind: FakeNft, use: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-path-'));
  try {
    await mkdir(join(folder, 'bin'));
    await symlink(fakeNft(kind), join(folder, 'bin/nft'));
    return await use(`${join(folder, 'bin')}:${PATH_WITHOUT_NFT}:/usr/bin:/bin`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
