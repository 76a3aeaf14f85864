import { expect } from 'chai';
import { inventoryText } from '../../../rules/inventory.ts';
import { chainInventory } from '../../../rules/iptables/inventory.ts';
import type { IptablesPlanner } from '../../../rules/iptables/planner.ts';
import { reportChanges, SHARED_SECTION } from '../../../rules/iptables/report.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import { podIp } from '../../support/addresses.ts';
import { makeEndpoint, makeServicePort } from '../services/builders.ts';
import { KernelModel } from './support/kernel-model.ts';
import { plannerOf, plannerWith, sync } from './support/planning.ts';

const WEB = serviceKey('default', 'web');

describe('a report of changed chains', () => {
  it('puts a new Service under its name, and the rest apart', () => {
    const sections = report(plannerOf(portWith(2)));
    expect(sections.map(({ title }) => title)).to.eql([SHARED_SECTION, 'default/web:http']);
    const lines = sections[1]?.lines ?? [];
    expect(lines).to.have.length(3);
    for (const line of lines) expect(line).to.match(/^\+ nat KUBE-S(ERVICES|VC-\w{16}) /);
  });

  it('tells one changed endpoint from those whose probability alone changed', () => {
    const planner = plannerOf(portWith(2, 3, 4));
    sync(planner, new KernelModel());
    planner.setPorts(WEB, [portWith(2, 3)]);
    const [section, ...more] = report(planner);
    expect(more).to.be.empty;
    expect(section?.lines).to.have.length(1);
    expect(section?.lines[0])
      .to.match(/^- nat KUBE-SVC-/)
      .and.to.include(podIp('IPv4', 4, 1));
  });

  it('knows a Service that is gone by its comments', () => {
    const planner = plannerOf(portWith(2));
    sync(planner, new KernelModel());
    planner.setPorts(WEB, []);
    const [section, ...more] = report(planner);
    expect(more).to.be.empty;
    expect(section?.title).to.equal('default/web:http');
    for (const line of section?.lines ?? []) expect(line).to.match(/^- nat /);
  });

  it('has nothing to say of nothing', () => {
    const planner = plannerOf(portWith(2));
    sync(planner, new KernelModel());
    expect(report(planner)).to.be.empty;
  });
});

describe('an inventory of chains', () => {
  it('lists what leads to a Service before what it leads to, and what is not in the kernel', () => {
    const planner = plannerWith('IPv4', new Map([[WEB, [portWith(2)]]]));
    const [head, , key, first, ...rest] = [...inventoryText([chainInventory(planner, [])])]
      .join('')
      .split('\n');
    expect(head).to.match(/^# IPv4: Services 1, changes not in the kernel yet [1-9]/);
    expect(key).to.equal('default/web:http/tcp');
    expect(first).to.match(/^ {2}services -d .* -j KUBE-SVC-\w{16}$/);
    expect(rest[1]).to.match(/^ {2}KUBE-SVC-\w{16} -p tcp .* -j DNAT /);
  });
});

// --- internal ---

function report(planner: IptablesPlanner) {
  const transaction = planner.plan();
  return reportChanges(transaction, planner.ports);
}

function portWith(...nodes: readonly number[]): ServicePort {
  const endpoints = nodes.map((node) => makeEndpoint(node, 1));
  return makeServicePort({
    endpoints: { cluster: endpoints, local: [], all: endpoints, hasAny: true },
  });
}
