/** Tables that read well in a terminal and are Markdown too. */

/** Rows of cells below a header, the first column flush left and the numbers flush right. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(
      MIN_WIDTH,
      ...[title, ...rows.map((row) => row[column] ?? '')].map(({ length }) => length),
    ),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => pad(cells[column] ?? '', width, column)).join(' | ')} |\n`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [header, rule, ...rows].map(line).join('');
}

/** The same, or nothing where there are no rows. */
export function tableOf(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string | undefined {
  return rows.length === 0 ? undefined : renderTable(header, rows);
}

// --- internal ---

/** Of a rule's `--:`. */
const MIN_WIDTH = 3;

function pad(text: string, width: number, column: number): string {
  return column === 0 ? text.padEnd(width) : text.padStart(width);
}
