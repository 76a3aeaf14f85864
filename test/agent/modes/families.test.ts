import { expect } from 'chai';
import { servedFamilies } from '../../../agent/modes/families.ts';

describe('the families that are served', () => {
  it('are all that the kernel has, where the mode has no objection', async () => {
    const none = new Map();
    expect(await servedFamilies({}, ['IPv4', 'IPv6'])).to.deep.equal({
      served: ['IPv4', 'IPv6'],
      obstacles: none,
    });
    expect(await servedFamilies({}, ['IPv4'])).to.deep.equal({ served: ['IPv4'], obstacles: none });
  });

  it('are not those that the mode cannot serve, but for IPv4', async () => {
    const mode = { obstacleTo: () => Promise.resolve('no nat') };
    expect(await servedFamilies(mode, ['IPv4', 'IPv6'])).to.deep.equal({
      served: ['IPv4'],
      obstacles: new Map([['IPv6', 'no nat']]),
    });
  });
});
