/** How the kind test runs programs: a seam, so that its logic is tested without Docker. */
import { execa } from 'execa';

/** What a program left behind. */
export interface RunResult {
  /** `undefined` when there is no such program, or a signal ended it. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; never rejects for how it ends. */
export type Run = (program: string, args: readonly string[], input?: string) => Promise<RunResult>;

/** Runs real programs. */
export const runProgram: Run = async (program, args, input = '') => {
  const options = { input, reject: false } as const;
  const { exitCode, stdout, stderr, shortMessage = '' } = await execa(program, args, options);
  // A program that could not be started wrote nothing: then execa says why.
  return { exitCode, stdout, stderr: stderr === '' ? shortMessage : stderr };
};

/** Runs a program that has to succeed; gives what it wrote to stdout. */
export async function mustRun(
  run: Run,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, input);
  if (exitCode === 0) return stdout;
  throw new StepError(`"${[program, ...args].join(' ')}" failed: ${stderr.trim()}`);
}

/** A step did not work; the message names it and quotes what it said. */
export class StepError extends Error {
  override readonly name = 'StepError';
}
