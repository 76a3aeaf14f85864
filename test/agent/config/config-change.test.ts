import { expect } from 'chai';
import { configChange } from '../../../agent/config/config-change.ts';
import { loadFile } from './support.ts';

/** What changes when the first text becomes the second. */
function change(before: string, after: string) {
  return configChange(loadFile(before).config.file, loadFile(after).config.file);
}

describe('configChange', () => {
  const cases = [
    { name: 'nothing', before: 'mode: ""\n', after: 'mode: nftables\n', is: undefined },
    {
      name: 'what a running agent takes up',
      before: '',
      after: 'clusterCIDR: 10.244.0.0/16\nnftables: {masqueradeAll: true}\nconntrack: {min: 1}\n',
      is: {
        toApply: ['nftables.masqueradeAll', 'clusterCIDR', 'conntrack.min'],
        toRestart: [],
        unused: [],
      },
    },
    {
      name: 'what takes a new start',
      before: 'hostnameOverride: a\n',
      after: 'hostnameOverride: b\nlogging: {verbosity: 1}\n',
      is: { toApply: ['logging.verbosity'], toRestart: ['hostnameOverride'], unused: [] },
    },
    {
      name: 'what has no effect',
      before: '',
      after: 'featureGates: {A: true}\nportRange: 1-2\n',
      is: { toApply: [], toRestart: [], unused: ['featureGates', 'portRange'] },
    },
  ];
  for (const { name, before, after, is } of cases) {
    it(`tells ${name}`, () => {
      expect(change(before, after)).to.deep.equal(is);
    });
  }
});
