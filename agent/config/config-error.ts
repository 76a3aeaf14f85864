/**
 * What is wrong with a configuration: everything at once, so that it is corrected in one go.
 */

/** A configuration that cannot be used; wrong input, so the command exits with 2. */
export class ConfigError extends Error {
  /** One line a problem: where it is, what was expected, what came. Never empty. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(messageOf(problems), options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

// --- internal ---

function messageOf(problems: readonly string[]): string {
  const [first = ''] = problems;
  if (problems.length === 1) return first;
  return [`${problems.length} problems in the configuration:`, ...problems].join('\n  ');
}
