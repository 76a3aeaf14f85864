/** The sum of the show. */
import { heading, say, verdict } from './screen.ts';
import type { Stage } from './stage.ts';
import { countText } from './view/bars.ts';

/** Prints the totals and whatever went wrong; returns whether nothing did. */
export function showTotals({ tally, agents }: Stage): boolean {
  heading('All in all');
  const applied = agents.flatMap(({ log }) => log.filter((entry) => entry.msg === 'applied'));
  const elements = applied.reduce(
    (sum, each) => sum + each.added + each.replaced + each.removed,
    0,
  );
  const isGood = tally.problems.length === 0;
  verdict(
    isGood,
    `${countText(tally.connections)} connections, ${tally.failed} failed; ` +
      `${applied.length} transactions with ${elements} changes of elements on ${agents.length} nodes`,
  );
  for (const problem of tally.problems) verdict(false, `not as it should be: ${problem}`);
  if (isGood) say('Every connection ended where the manifests say.');
  return isGood;
}
