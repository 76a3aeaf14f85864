import { expect } from 'chai';
import {
  descriptorLimit,
  socketsOf,
  systemLimits,
} from '../../../agent/userspace/system-limits.ts';

describe('limits of this machine', () => {
  it('are read as the kernel writes them', () => {
    const line = (soft: string) =>
      `Limit                     Soft Limit           Hard Limit           Units\n` +
      `Max open files            ${soft.padEnd(20)} 1048576              files\n`;
    expect(descriptorLimit(line('1024'))).to.equal(1024);
    expect(descriptorLimit(line('unlimited'))).to.equal(Infinity);
    expect(descriptorLimit('')).to.equal(Infinity);
  });

  const SHARES = [
    { descriptors: 160, sockets: 96 },
    { descriptors: 1_024, sockets: 896 },
    { descriptors: 20_000, sockets: 18_976 },
    { descriptors: 32, sockets: 0 },
    { descriptors: Infinity, sockets: Infinity },
  ];
  for (const { descriptors, sockets } of SHARES) {
    it(`leave ${sockets} of ${descriptors} descriptors to the proxy`, () => {
      expect(socketsOf(descriptors)).to.equal(sockets);
    });
  }

  it('are there', () => {
    const { maxSockets, maxMemoryBytes } = systemLimits();
    expect(maxSockets).to.be.greaterThan(100);
    expect(maxMemoryBytes).to.be.greaterThan(2 ** 26);
  });
});
