/** Long lines. */

/**
 * Breaks a line into pieces of at most `width` characters, at spaces; all but the first begin with two
 * spaces more. A word that is longer than that stays whole.
 */
export function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (longer.length <= width || current.trim() === '') {
      current = longer;
    } else {
      lines.push(current);
      current = `  ${word}`;
    }
  }
  return [...lines, current];
}
