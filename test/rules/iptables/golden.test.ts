/**
 * Whole rulesets as iptables-restore gets them: a change in them is meant to be read in review.
 * `npm run golden` writes them anew.
 */
import { expect } from 'chai';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { portsOf } from '../nftables/support/clusters.ts';
import { goldenText } from '../nftables/support/golden-file.ts';
import { LISTENERS, WORLDS } from '../nftables/support/worlds.ts';
import { makeChainSettings, plannerWith, textOf } from './support/planning.ts';

describe('all chains of iptables mode', () => {
  for (const { name, settings, cluster } of [...WORLDS, LISTENERS]) {
    for (const family of IP_FAMILIES) {
      it(`are as they were read: ${name}, ${family}`, () => {
        const planner = plannerWith(family, portsOf(cluster), makeChainSettings(family, settings));
        const text = textOf(planner);
        expect(text).to.equal(goldenText(`${name}.${family.toLowerCase()}.iptables`, text));
      });
    }
  }
});
