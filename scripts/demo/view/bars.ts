/** Numbers as bars of text. */

/** One group of bars, beside the others. */
export interface BarColumn {
  readonly title: string;
  /** By the name of the row; a row without a number has 0. */
  readonly values: Readonly<Record<string, number>>;
}

/** What bars are made of. */
export const BAR = '█';

/**
 * A line of titles and a line a row: the row's name, then for each column a bar, the number and its
 * share of the column. Bars stand for shares, on the same scale in all columns.
 */
export function drawBars(rows: readonly string[], columns: readonly BarColumn[]): string[] {
  const nameWidth = Math.max(...rows.map((row) => row.length)) + GAP;
  const barWidth = Math.floor((LINE_WIDTH - nameWidth) / columns.length) - NUMBERS_WIDTH - GAP;
  const largest = Math.max(...columns.flatMap((column) => rows.map((row) => shareOf(row, column))));
  const cell = (row: string, column: BarColumn): string => {
    const share = shareOf(row, column);
    // Whatever is there can be seen, be it ever so small.
    const length = share === 0 ? 0 : Math.max(1, Math.round((share / largest) * barWidth));
    const count = countText(column.values[row] ?? 0).padStart(8);
    const percent = `${Math.round(share * 100)} %`.padStart(7);
    return BAR.repeat(length).padEnd(barWidth) + count + percent;
  };
  const titles = columns.map(({ title }) => title.padEnd(barWidth + NUMBERS_WIDTH));
  const lines = [
    [' '.repeat(nameWidth - GAP), ...titles],
    ...rows.map((row) => [
      row.padEnd(nameWidth - GAP),
      ...columns.map((column) => cell(row, column)),
    ]),
  ];
  return lines.map((parts) => parts.join(' '.repeat(GAP)).trimEnd());
}

/** A count with its thousands apart: 12,345. */
export function countText(count: number): string {
  return count.toLocaleString('en');
}

// --- internal ---

const LINE_WIDTH = 92;

/** Between columns. */
const GAP = 3;

/** A count and a share. */
const NUMBERS_WIDTH = 15;

/** From 0 to 1; 0 too where the whole column is empty. */
function shareOf(row: string, { values }: BarColumn): number {
  const total = Object.values(values).reduce((sum, value) => sum + value, 0);
  return total === 0 ? 0 : (values[row] ?? 0) / total;
}
