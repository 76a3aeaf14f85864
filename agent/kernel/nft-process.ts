/** Runs the nft program. */
import { createRunner, type ProgramResult } from './program.ts';

/** How to run nft. */
export interface NftOptions {
  /** Path or name of the program. */
  readonly program: string;
  /** Milliseconds after which a run is ended; nothing is applied then, or everything. */
  readonly timeoutMs: number;
}

/** The nft on PATH, with time for the largest clusters on slow machines. */
export const NFT_DEFAULTS: NftOptions = { program: 'nft', timeoutMs: 120_000 };

/** What one run left behind. */
export type NftResult = ProgramResult;

/** Runs nft. A non-zero exit code is a result; not running, or not ending by itself, is an error. */
export type RunNft = (args: readonly string[], input?: string) => Promise<NftResult>;

/** A way to run the real nft. */
export function createNft({ program, timeoutMs }: NftOptions): RunNft {
  const missing = { code: 'nft-missing', packageName: 'nftables' } as const;
  const run = createRunner({ timeoutMs, missing });
  return (args, input) => run(program, args, input);
}
