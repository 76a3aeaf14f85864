/** A difference for people, in the words of Services. */

/** What changes under one heading. */
export interface ReportSection {
  /** A service port's name, `default/web:http`; another word for what belongs to none. */
  readonly title: string;
  /** Each begins with `+`, `-` or `~` (replaced). */
  readonly lines: readonly string[];
}
