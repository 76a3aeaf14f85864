import { expect } from 'chai';
import { ClusterView } from '../../../agent/cluster/cluster-view.ts';
import { loadConfig } from '../../../agent/config/load.ts';
import { hostCidr, isLoopback } from '../../../rules/ip.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { NodeFacts } from '../../../rules/services/types.ts';
import { makeService, makeSlice } from '../../rules/services/builders.ts';
import { clusterIp, nodeIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { networkAround } from '../../rules/nftables/support/settings.ts';

describe('cluster view', () => {
  it('knows no address of its node but loopback until it is told', () => {
    const { settings } = viewOf();
    expect(settings('IPv4').nodeIps.map(isLoopback)).to.deep.equal([true]);
    expect(settings('IPv4').nodePorts).to.deep.equal({ matchAll: true });
  });

  it('goes by the facts of its own node', () => {
    const { view, settings } = viewOf();
    view.upsertNode(nodeFacts('node-2', 2));
    view.upsertNode(nodeFacts('node-1', 1));
    expect(settings('IPv4').nodeIps).to.deep.equal([nodeIp('IPv4', 1)]);
    expect(settings('IPv6').nodeIps).to.deep.equal([nodeIp('IPv6', 1)]);
    expect(settings('IPv6').nodePorts).to.deep.equal({
      matchAll: false,
      cidrs: [hostCidr(nodeIp('IPv6', 1))],
    });
  });

  it('remembers its node while that is gone from the cluster', () => {
    const { view, settings } = viewOf();
    view.upsertNode(nodeFacts('node-1', 1));
    view.checkOut();
    view.deleteNode();
    expect(settings('IPv4').nodeIps).to.deep.equal([nodeIp('IPv4', 1)]);
    expect(view.checkOut().nodeChanged).to.be.false;
  });

  it('tells each family its own ServiceCIDRs, without those inside others', () => {
    const { view, settings } = viewOf();
    view.setServiceCidrs('first', [SERVICE_CIDR.IPv4, SERVICE_CIDR.IPv6]);
    view.setServiceCidrs('second', [networkAround(clusterIp('IPv4', 1800), 8)]);
    expect(view.checkOut().serviceCidrsChanged).to.be.true;
    expect(settings('IPv4').serviceCidrs).to.deep.equal([SERVICE_CIDR.IPv4]);
    expect(settings('IPv6').serviceCidrs).to.deep.equal([SERVICE_CIDR.IPv6]);
    view.setServiceCidrs('first', undefined);
    expect(settings('IPv6').serviceCidrs).to.deep.equal([]);
  });

  it('hands out what changed of Services and their endpoints', () => {
    const { view } = viewOf();
    const web = serviceKey('default', 'web');
    view.upsertNode(nodeFacts('node-1', 1));
    view.upsertService(makeService());
    view.upsertSlice(makeSlice());
    expect(view.checkOut().ports.get(web)?.[0]?.endpoints.all[0]?.isLocal).to.be.true;
    expect(view.serviceCount).to.equal(1);
    view.deleteSlice('default', 'web-1');
    expect(view.checkOut().ports.get(web)?.[0]?.endpoints.hasAny).to.be.false;
    view.deleteService(web);
    expect(view.checkOut().ports.get(web)).to.deep.equal([]);
    expect(view.checkOut().ports.size).to.equal(0);
  });

  it('passes on to its owner that something changed, or is wrong', () => {
    const { view, calls } = viewOf();
    view.changed();
    view.problem({ object: '', field: '', message: 'wrong', file: 'web.yaml', line: 1 });
    expect(calls).to.deep.equal(['changed', 'wrong']);
  });
});

// --- internal ---

/** The view of node-1 with the defaults, and what it told its owner. */
function viewOf() {
  const calls: string[] = [];
  const view = new ClusterView(loadConfig({ flags: {} }).config, 'node-1', {
    changed: () => calls.push('changed'),
    problem: ({ message }) => calls.push(message),
  });
  return { view, calls, settings: view.settings.bind(view) };
}

function nodeFacts(name: string, number: number): NodeFacts {
  return {
    name,
    zone: '',
    ips: [nodeIp('IPv4', number), nodeIp('IPv6', number)],
    podCIDRs: [],
    isEligible: true,
  };
}
