/**
 * Whole rulesets as they are sent, but for one element a command: a change in them is meant to be
 * read in review. `npm run golden` writes them anew.
 */
import { expect } from 'chai';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { transactionSteps } from '../../../rules/nftables/commands.ts';
import { renderRuleset } from '../../../rules/nftables-json/index.ts';
import { portsOf } from './support/clusters.ts';
import { goldenText } from './support/golden-file.ts';
import { plannerWith } from './support/planning.ts';
import { makeSettings } from './support/settings.ts';
import { LISTENERS, WORLDS } from './support/worlds.ts';

describe('the whole ruleset', () => {
  for (const { name, settings, cluster } of [...WORLDS, LISTENERS]) {
    for (const family of IP_FAMILIES) {
      it(`is as it was read: ${name}, ${family}`, () => {
        const planner = plannerWith(family, portsOf(cluster), makeSettings(family, settings));
        const steps = [...transactionSteps(planner.plan(), [], 1)];
        const text = renderRuleset(steps.flatMap(({ commands }) => commands));
        expect(text).to.equal(goldenText(`${name}.${family.toLowerCase()}.nft`, text));
      });
    }
  }
});
