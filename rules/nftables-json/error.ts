/** What this module throws, and nothing else: JSON that does not fit, or a value that nft text cannot hold. */
export class NftJsonError extends Error {
  override readonly name = 'NftJsonError';
  /** The JSON path (`nftables[3].rule.expr`) or the command (`add chain ip filter input`); empty until known. */
  readonly where: string;
  /** What was wanted, what came, what to do. */
  readonly problem: string;

  constructor(problem: string, where = '') {
    super(where === '' ? problem : `${where}: ${problem}`);
    this.where = where;
    this.problem = problem;
  }
}

/** A value as an error message shows it: on one line, control characters escaped, cut when long. */
export function shown(value: unknown): string {
  // JSON.stringify(undefined) is undefined, whatever its type says.
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
