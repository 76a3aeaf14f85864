/** What can go wrong with the conntrack program, as a closed list. */

/** Why it failed. */
export type ConntrackErrorCode =
  /** There is no such program. */
  | 'program-missing'
  /** It may not be run, or may not read or change the table. */
  | 'not-permitted'
  /** It took longer than allowed, and was ended. */
  | 'timeout'
  /** We ended it, since the agent stops. */
  | 'stopped'
  /** Whatever else it says. */
  | 'failed';

/** A failed run of conntrack. */
export class ConntrackError extends Error {
  override readonly name = 'ConntrackError';
  readonly code: ConntrackErrorCode;

  constructor(code: ConntrackErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}
