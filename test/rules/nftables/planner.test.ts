import { expect } from 'chai';
import { transactionSteps } from '../../../rules/nftables/commands.ts';
import { NftablesPlanner } from '../../../rules/nftables/planner.ts';
import { isEmptyTransaction } from '../../../rules/nftables/transaction.ts';
import type { Endpoint, ServiceKey, ServicePort } from '../../../rules/services/types.ts';
import { clusterIp, externalIp, nodeIp, podIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';
import type { KernelModel } from './support/kernel-model.ts';
import { kernelOf, meaningOf, plannerWith, sharedChainsIn, sync } from './support/planning.ts';
import { makeSettings, networkAround } from './support/settings.ts';

const WEB = 'default/web' as ServiceKey;
const SHOP = 'default/shop' as ServiceKey;
const VIP = clusterIp('IPv4', 1);
const [A, B, C] = [makeEndpoint(1, 1), makeEndpoint(2, 1), makeEndpoint(3, 1)];

describe('planner', () => {
  describe('the table', () => {
    it('is made when there is none', () => {
      const transaction = planner().plan();
      expect(transaction.table).to.equal('create');
      expect(isEmptyTransaction(transaction)).to.be.false;
    });

    it('is left alone when it is as it should be', () => {
      const { again } = restarted(planner());
      expect(isEmptyTransaction(again.plan())).to.be.true;
    });

    const STRANGERS = [
      { name: 'another shape', shape: 'f00dfeed0bad' },
      { name: 'no shape that we can read', shape: undefined },
    ];
    for (const { name, shape } of STRANGERS) {
      it(`is replaced as a whole when it has ${name}`, () => {
        const first = planner([A]);
        const found = kernelOf(first).found();
        const contents = found?.contents ?? new Map<never, never>();
        const again = planner([A]);
        again.adopt({ shapeId: shape, rulesId: found?.rulesId, contents });
        expect(again.plan()).to.deep.equal({
          ...planner([A]).plan(),
          table: 'replace',
          oldRulesId: found?.rulesId,
        });
      });
    }

    it('is replaced in the transaction that makes the new one', () => {
      const kernel = kernelOf(planner([B]));
      const replacing = planner([A]);
      replacing.adopt({ shapeId: undefined, rulesId: undefined, contents: new Map() });
      sync(replacing, kernel);
      expect(meaningOf(kernel)).to.deep.equal(meaningOf(kernelOf(planner([A]))));
    });

    it('gets its fixed rules anew, and no others, when settings change', () => {
      const changing = planner([A]);
      const kernel = kernelOf(changing);
      changing.configure(makeSettings('IPv4', { masqueradeAll: true }));
      const transaction = sync(changing, kernel);
      expect(transaction.table).to.equal('refill');
      expect(transaction.changes).to.deep.equal([]);
      expect(rulesOf(kernel, 'services')).to.have.lengthOf(
        rulesOf(kernelOf(planner()), 'services').length,
      );
      expect(kernel.found()?.rulesId).to.not.equal(transaction.oldRulesId);
      expect(changing.plan().table).to.equal('keep');
    });

    it('gets the id of its fixed rules back when somebody took it', () => {
      const { again, found } = restarted(planner());
      again.adopt({ ...found, rulesId: undefined });
      expect(again.plan()).to.include({ table: 'refill', oldRulesId: undefined });
    });

    it('gets its other networks with its settings', () => {
      const changing = planner();
      const kernel = kernelOf(changing);
      const wider = networkAround(VIP, 20);
      changing.configure(
        makeSettings('IPv4', { nodePorts: { matchAll: true }, serviceCidrs: [wider] }),
      );
      expect(changesOf(sync(changing, kernel))).to.deep.equal([
        `- service-cidrs ${SERVICE_CIDR.IPv4}`,
        `+ service-cidrs ${wider}`,
        `- nodeport-cidrs ${nodeIp('IPv4', 1)}`,
      ]);
    });
  });

  describe('a change', () => {
    it('adds one endpoint and replaces one verdict when a Service grows', () => {
      const growing = planner([A, B]);
      const kernel = kernelOf(growing);
      growing.setPorts(WEB, [port([A, B, C])]);
      const transaction = sync(growing, kernel);
      expect(transaction.newChains).to.deep.equal(['tcp-endpoints-3']);
      expect(changesOf(transaction)).to.deep.equal([
        `+ tcp-endpoints ${VIP} . 80 . 2`,
        `~ service-ips ${VIP} . tcp . 80`,
      ]);
      expect(transaction.garbage).to.deep.equal(['tcp-endpoints-2']);
    });

    it('moves the last endpoint into the hole when a Service shrinks', () => {
      const shrinking = planner([A, B, C]);
      const kernel = kernelOf(shrinking);
      shrinking.setPorts(WEB, [port([B, C])]);
      expect(changesOf(sync(shrinking, kernel))).to.deep.equal([
        `~ tcp-endpoints ${VIP} . 80 . 0`,
        `~ service-ips ${VIP} . tcp . 80`,
        `- hairpin-connections ${podIp('IPv4', 1, 1)} . ${podIp('IPv4', 1, 1)} . tcp . 8080`,
        `- tcp-endpoints ${VIP} . 80 . 2`,
      ]);
    });

    it('is nothing when a Service is set to what it is', () => {
      const same = planner([A, B]);
      kernelOf(same);
      same.setPorts(WEB, [port([A, B])]);
      expect(isEmptyTransaction(same.plan())).to.be.true;
    });

    for (const size of [10, 1000]) {
      it(`is as large in a cluster of ${size} Services`, () => {
        const large = plannerWith('IPv4', manyServices(size));
        const kernel = kernelOf(large);
        large.setPorts('default/service-5' as ServiceKey, [numbered(5, [A, B, C])]);
        const transaction = sync(large, kernel);
        expect(transaction.changes).to.have.lengthOf(2);
        expect(transaction.newChains).to.deep.equal(['tcp-endpoints-3']);
        expect(transaction.garbage).to.deep.equal([]);
      });
    }

    it('in one family leaves the other one alone', () => {
      const other = new NftablesPlanner('IPv6', makeSettings('IPv6'));
      other.setPorts(WEB, [port([A])]);
      expect(other.plan().changes.map(({ collection }) => collection)).to.deep.equal([
        'nodeport-cidrs',
        'service-cidrs',
      ]);
      expect(other.changedServices).to.deep.equal([]);
    });

    it('of the node reaches the Services with source ranges, and only those', () => {
      const guarded = guardedPort();
      const changing = plannerWith(
        'IPv4',
        new Map([
          [WEB, [guarded]],
          [SHOP, [numbered(2, [A])]],
        ]),
      );
      const kernel = kernelOf(changing);
      changing.configure(makeSettings('IPv4', { nodeIps: [nodeIp('IPv4', 2)] }));
      expect(changing.changedServices).to.deep.equal([WEB]);
      expect(changesOf(sync(changing, kernel))).to.deep.equal([
        `+ source-ranges ${externalIp('IPv4', 1)} . tcp . 80 . ${externalIp('IPv4', 1)}`,
      ]);
    });
  });

  describe('an address that passes from one Service to another', () => {
    const ORDERS = [
      { name: 'the new owner is told first', order: [SHOP, WEB] },
      { name: 'the old owner is told first', order: [WEB, SHOP] },
    ];
    for (const { name, order } of ORDERS) {
      it(`belongs to the new one in the end when ${name}`, () => {
        const passing = planner([A, B]);
        const kernel = kernelOf(passing);
        const wanted = new Map([
          [WEB, []],
          [SHOP, [{ ...port([C]), displayName: 'default/shop:http' }]],
        ]);
        for (const service of order) passing.setPorts(service, wanted.get(service) ?? []);
        sync(passing, kernel);
        expect(kernel.get('service-ips', `${VIP} . tcp . 80`)).to.include({
          value: 'goto tcp-endpoints-1',
          comment: 'default/shop:http',
        });
        expect([...(kernel.collections.get('tcp-endpoints')?.keys() ?? [])]).to.deep.equal([
          `${VIP} . 80 . 0`,
        ]);
      });
    }
  });

  describe('shared chains', () => {
    it('are made once for all who use them, and go with the last one', () => {
      const sharing = plannerWith(
        'IPv4',
        new Map([
          [WEB, [port([A, B])]],
          [SHOP, [numbered(2, [A, B])]],
        ]),
      );
      const kernel = kernelOf(sharing);
      sharing.setPorts(WEB, []);
      expect(sync(sharing, kernel).garbage).to.deep.equal([]);
      sharing.setPorts(SHOP, []);
      expect(sync(sharing, kernel).garbage).to.deep.equal(['tcp-endpoints-2']);
      expect(sharedChainsOf(kernel)).to.deep.equal([]);
    });

    it('stay garbage until they are collected', () => {
      const slow = planner([A]);
      kernelOf(slow);
      slow.setPorts(WEB, []);
      slow.committed(slow.plan());
      expect(slow.plan().garbage).to.deep.equal(['tcp-endpoints-1']);
      slow.collected(slow.plan());
      expect(slow.plan().garbage).to.deep.equal([]);
    });

    it('are not made again when they are wanted before they were collected', () => {
      const hasty = planner([A]);
      const kernel = kernelOf(hasty);
      hasty.setPorts(WEB, []);
      for (const { commands } of transactionSteps(hasty.plan(), [], 1)) kernel.run(commands);
      hasty.committed(hasty.plan());
      hasty.setPorts(WEB, [port([B])]);
      const transaction = sync(hasty, kernel);
      expect(transaction).to.deep.include({ newChains: [], garbage: [] });
      expect(rulesOf(kernel, 'tcp-endpoints-1')).to.have.lengthOf(1);
    });

    it('that are found without a user are garbage', () => {
      const { again } = restarted(planner([A, B]), planner([A]));
      expect(again.plan().garbage).to.deep.equal(['tcp-endpoints-2']);
    });
  });

  describe('a restart', () => {
    it('leaves every endpoint in the slot in which it is found', () => {
      const first = planner([A, B, C]);
      const kernel = kernelOf(first);
      first.setPorts(WEB, [port([B, C])]);
      sync(first, kernel);
      const second = new NftablesPlanner('IPv4', makeSettings('IPv4'));
      second.adopt(kernel.found());
      second.setPorts(WEB, [port([B, C])]);
      expect(second.plan().changes).to.deep.equal([]);
    });
  });

  describe('answers', () => {
    it('to whom an element belongs', () => {
      const asked = plannerWith(
        'IPv4',
        new Map([
          [WEB, [port([A])]],
          [SHOP, [numbered(2, [A])]],
        ]),
      );
      const hairpin = `${podIp('IPv4', 1, 1)} . ${podIp('IPv4', 1, 1)} . tcp . 8080`;
      expect(asked.ownersOf('hairpin-connections', hairpin)).to.deep.equal([WEB, SHOP]);
      expect(asked.ownersOf('service-ips', `${VIP} . tcp . 80`)).to.deep.equal([WEB]);
      expect(asked.ownersOf('tcp-endpoints', `${VIP} . 80`)).to.deep.equal([]);
    });

    it('whether an address and port is a Service’s', () => {
      const asked = planner([A]);
      expect(asked.isServiceIp(`${VIP} . tcp . 80`)).to.be.true;
      expect(asked.isServiceIp(`${VIP} . udp . 80`)).to.be.false;
    });

    it('which service port is behind a frontend', () => {
      const asked = planner([A]);
      expect([...asked.frontends().keys()]).to.deep.equal([`${VIP} . tcp . 80`]);
    });

    it('which Services changed since the last commit, until they are put back or committed', () => {
      const asked = planner([A]);
      const kernel = kernelOf(asked);
      expect(asked.changedServices).to.deep.equal([]);
      asked.setPorts(WEB, [port([B])]);
      expect(asked.changedServices).to.deep.equal([WEB]);
      expect(asked.portsOf(WEB)).to.deep.equal([port([B])]);
      asked.revert(WEB);
      expect(asked.portsOf(WEB)).to.deep.equal([port([A])]);
      sync(asked, kernel);
      expect(asked.changedServices).to.deep.equal([]);
    });

    it('nothing about a Service that it was never told of', () => {
      const asked = planner();
      asked.revert(WEB);
      asked.setPorts(WEB, []);
      expect(asked.changedServices).to.deep.equal([]);
      expect(asked.portsOf(WEB)).to.deep.equal([]);
    });
  });
});

// --- internal ---

/** A planner for default/web with these endpoints; without any the Service is not there. */
function planner(endpoints: readonly Endpoint[] = []): NftablesPlanner {
  return plannerWith('IPv4', new Map([[WEB, endpoints.length === 0 ? [] : [port(endpoints)]]]));
}

function port(endpoints: readonly Endpoint[]): ServicePort {
  return makeServicePort({
    endpoints: makeChosen({ cluster: endpoints, all: endpoints, hasAny: true }),
  });
}

/** The port of one of many Services, each with a ClusterIP of its own. */
function numbered(number: number, endpoints: readonly Endpoint[]): ServicePort {
  const clusterIP = clusterIp('IPv4', number);
  return {
    ...port(endpoints),
    displayName: `default/service-${number}:http`,
    clusterIP,
    frontends: [{ kind: 'ClusterIP', ip: clusterIP, protocol: 'tcp', port: 80 }],
  };
}

function manyServices(count: number): Map<ServiceKey, ServicePort[]> {
  return new Map(
    Array.from({ length: count }, (_, number) => [
      `default/service-${number}` as ServiceKey,
      [numbered(number, [A, B])],
    ]),
  );
}

/** Reachable at a load balancer's address, from the network of nodes 2 to 255 only. */
function guardedPort(): ServicePort {
  return {
    ...port([A]),
    frontends: [{ kind: 'LoadBalancer', ip: externalIp('IPv4', 1), protocol: 'tcp', port: 80 }],
    sourceRanges: [networkAround(nodeIp('IPv4', 2), 1)],
  };
}

/** What the second planner makes of the table that the first one left. */
function restarted(
  first: NftablesPlanner,
  second: NftablesPlanner = first,
): { again: NftablesPlanner; found: NonNullable<ReturnType<KernelModel['found']>> } {
  const found = kernelOf(first).found();
  if (found === undefined) throw new Error('the first planner made no table');
  second.adopt(found);
  return { again: second, found };
}

function rulesOf(kernel: KernelModel, chain: string): readonly object[] {
  return kernel.chains.get(chain) ?? [];
}

function sharedChainsOf(kernel: KernelModel): string[] {
  return sharedChainsIn(kernel.found()?.contents ?? new Map<never, never>());
}

function changesOf({ changes }: ReturnType<NftablesPlanner['plan']>): string[] {
  return changes.map(({ collection, key, before, after }) => {
    const sign = before === undefined ? '+' : after === undefined ? '-' : '~';
    return `${sign} ${collection} ${key}`;
  });
}
