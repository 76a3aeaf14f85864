/** Shows a value that came from outside in one short, harmless line. */

const SHOWN_CHARACTERS = 40;

/** Text in JSON quotes, everything but printable ASCII escaped, the rest of long text left out. */
export function quoted(text: string): string {
  const isLong = text.length > 2 * SHOWN_CHARACTERS;
  const shown = isLong ? `${text.slice(0, SHOWN_CHARACTERS)}...` : text;
  const escaped = JSON.stringify(shown).replace(/[^ -~]/g, escapeCharacter);
  return isLong ? `${escaped} (${text.length} characters)` : escaped;
}

/** What a field holds, for the end of "expected ..., got ...". */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'a mapping' : `a ${typeof value}`;
}

// --- internal ---

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
