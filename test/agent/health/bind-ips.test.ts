import { expect } from 'chai';
import { healthCheckIps } from '../../../agent/health/bind-ips.ts';
import { hostCidr, type Cidr, type Ip } from '../../../rules/ip.ts';
import { nodeIp, podIp } from '../../support/addresses.ts';

const NODE = nodeIp('IPv4', 1);
const ADDRESSES = new Set([NODE, '127.0.0.1' as Ip, podIp('IPv4', 1, 0), nodeIp('IPv6', 1)]);

describe('healthCheckIps', () => {
  it('is every address of the family where node ports are reachable everywhere', () => {
    expect(healthCheckIps({ matchAll: true }, 'IPv4', ADDRESSES)).to.deep.equal(['0.0.0.0']);
    expect(healthCheckIps({ matchAll: true }, 'IPv6', ADDRESSES)).to.deep.equal(['::']);
  });

  it("is each of the node's addresses where node ports are reachable", () => {
    const cidrs = [hostCidr(NODE), '127.0.0.0/8' as Cidr];
    const ips = healthCheckIps({ matchAll: false, cidrs }, 'IPv4', ADDRESSES);
    expect(ips).to.deep.equal(['127.0.0.1', NODE]);
  });

  it('is none where the node has no such address', () => {
    const cidrs = [hostCidr(nodeIp('IPv4', 2))];
    expect(healthCheckIps({ matchAll: false, cidrs }, 'IPv4', ADDRESSES)).to.deep.equal([]);
  });

  it('is every address where those of the node are not known', () => {
    const nodePorts = { matchAll: false, cidrs: [hostCidr(NODE)] } as const;
    expect(healthCheckIps(nodePorts, 'IPv4', undefined)).to.deep.equal(['0.0.0.0']);
  });
});
