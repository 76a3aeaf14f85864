/**
 * What can go wrong between us and the kernel, as a closed list: callers ask for the code, and
 * nobody but the parser of a transport's answers looks at text.
 */
import type { ElementChange } from '../../rules/diff/element.ts';

/** Why something failed. */
export type KernelErrorCode =
  /** There is no nft program to run. */
  | 'nft-missing'
  /** There is no iptables program to run, or not the variant that is wanted. */
  | 'iptables-missing'
  /** We may not change netfilter here. */
  | 'not-permitted'
  /** Another program held the xtables lock for as long as we wait. */
  | 'locked'
  /** It took longer than allowed, and was ended. */
  | 'timeout'
  /** The program was killed from outside. Whether the transaction was applied is unknown. */
  | 'killed'
  /** The program died of a bug of its own (an assertion, a segmentation fault) over what it was given. */
  | 'crashed'
  /** The batch is larger than the socket to the kernel allows. */
  | 'too-large'
  /** What was named does not exist. */
  | 'not-found'
  /** What was added exists and differs. */
  | 'exists'
  /** What was deleted is in use. */
  | 'busy'
  /** The kernel or the program does not know a feature, or does not accept a value. */
  | 'rejected'
  /** An answer that makes no sense to us. */
  | 'unreadable';

/** A failed exchange with the kernel. */
export class KernelError extends Error {
  override readonly name = 'KernelError';
  readonly code: KernelErrorCode;
  /** The changes to blame, if the answer said: usually one. Empty when it did not. */
  readonly changes: readonly ElementChange[];

  constructor(
    code: KernelErrorCode,
    message: string,
    options: { readonly changes?: readonly ElementChange[]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.changes = options.changes ?? [];
  }
}

/** The error for who typed a command: what happened, and where it is clear, what to do. */
export function adviseOn({ code, message }: Pick<KernelError, 'code' | 'message'>): string {
  return code === 'not-permitted' ? `${message}: run as root, or with CAP_NET_ADMIN` : message;
}

/**
 * Whether the failure is the fault of what was sent, so that sending less of it may work. All other
 * failures would befall any transaction.
 */
export function blamesContent({ code }: KernelError): boolean {
  switch (code) {
    case 'not-found':
    case 'exists':
    case 'busy':
    case 'rejected':
    case 'crashed':
      return true;
    case 'nft-missing':
    case 'iptables-missing':
    case 'locked':
    case 'not-permitted':
    case 'timeout':
    case 'killed':
    case 'too-large':
    case 'unreadable':
      return false;
  }
}
