import { expect } from 'chai';
import fc from 'fast-check';
import type { IpFamily } from '../../../rules/ip.ts';
import { transactionSteps } from '../../../rules/nftables/commands.ts';
import { PROTOCOLS } from '../../../rules/nftables/endpoint-maps.ts';
import { NftablesPlanner } from '../../../rules/nftables/planner.ts';
import { isEmptyTransaction, type Transaction } from '../../../rules/nftables/transaction.ts';
import { anyCluster, portChanges, portsOf } from './support/clusters.ts';
import { KernelModel } from './support/kernel-model.ts';
import {
  kernelOf,
  meaningOf,
  plannerWith,
  setAll,
  sync,
  takenSlots,
  textOf,
} from './support/planning.ts';
import { anySettings } from './support/settings.ts';

const anyFamily = fc.constantFrom<IpFamily>('IPv4', 'IPv6');

/** Two clusters, and the settings of two times. */
const anyChange = anyFamily.chain((family) =>
  fc.record({
    family: fc.constant(family),
    before: anyCluster,
    after: anyCluster,
    oldSettings: anySettings(family),
    newSettings: anySettings(family),
  }),
);

describe('planner, in any world', () => {
  it('leads from any world to any other, and leaves nothing behind', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after, oldSettings, newSettings }) => {
        const planner = plannerWith(family, portsOf(before), oldSettings);
        const kernel = kernelOf(planner);
        planner.configure(newSettings);
        setAll(planner, portChanges(before, after));
        sync(planner, kernel);
        expectWhatIsRight(kernel, plannerWith(family, portsOf(after), newSettings));
        expectNothingToDo(planner);
      }),
    );
  });

  it('takes over a table that it finds, however that came about', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after, oldSettings, newSettings }) => {
        const kernel = kernelOf(plannerWith(family, portsOf(before), oldSettings));
        const planner = new NftablesPlanner(family, newSettings);
        planner.adopt(kernel.found());
        setAll(planner, portsOf(after));
        const { table } = sync(planner, kernel);
        expect(table).to.be.oneOf(['keep', 'refill']);
        expectWhatIsRight(kernel, plannerWith(family, portsOf(after), newSettings));
      }),
    );
  });

  it('changes nothing when it finds what it wants', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after, oldSettings }) => {
        const first = plannerWith(family, portsOf(before), oldSettings);
        const kernel = kernelOf(first);
        setAll(first, portChanges(before, after));
        sync(first, kernel);
        const second = new NftablesPlanner(family, oldSettings);
        second.adopt(kernel.found());
        setAll(second, portsOf(after));
        expectNothingToDo(second);
      }),
    );
  });

  it('repairs whatever it finds after somebody else was there', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after }) => {
        const planner = plannerWith(family, portsOf(before));
        kernelOf(planner);
        const elsewhere = kernelOf(plannerWith(family, portsOf(after)));
        planner.adopt(elsewhere.found());
        sync(planner, elsewhere);
        expectWhatIsRight(elsewhere, plannerWith(family, portsOf(before)));
      }),
    );
  });

  it('gives the same bytes for the same world, whatever the order it is told in', () => {
    const shuffled = anyCluster.chain((cluster) => {
      const entries = [...portsOf(cluster)];
      return fc.tuple(
        fc.constant(entries),
        fc.shuffledSubarray(entries, { minLength: entries.length }),
        anyFamily,
      );
    });
    fc.assert(
      fc.property(shuffled, ([entries, mixed, family]) => {
        const text = textOf(plannerWith(family, new Map(entries)));
        expect(textOf(plannerWith(family, new Map(mixed)))).to.equal(text);
      }),
    );
  });

  it('puts every Service back where it was at the last commit', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after }) => {
        const planner = plannerWith(family, portsOf(before));
        kernelOf(planner);
        setAll(planner, portChanges(before, after));
        for (const service of planner.changedServices) planner.revert(service);
        expectNothingToDo(planner);
      }),
    );
  });

  it('sends nobody to nothing, wherever a transaction is cut short', () => {
    fc.assert(
      fc.property(anyChange, ({ family, before, after }) => {
        const planner = plannerWith(family, portsOf(before));
        const kernel = new KernelModel();
        const expectWays = (): void => {
          for (const { commands } of transactionSteps(planner.plan(), [], 1)) {
            kernel.run(commands);
            expect(deadEnds(kernel)).to.deep.equal([]);
          }
          planner.committed(planner.plan());
        };
        expectWays();
        setAll(planner, portChanges(before, after));
        expectWays();
      }),
    );
  });

  it('serves no address before its source ranges are in force', () => {
    fc.assert(
      fc.property(anyFamily, anyCluster, (family, cluster) => {
        const planner = plannerWith(family, portsOf(cluster));
        const guarded = [...(kernelOf(planner).collections.get('firewalled-ips')?.keys() ?? [])];
        const kernel = new KernelModel();
        for (const { commands } of transactionSteps(freshPlan(planner), [], 1)) {
          kernel.run(commands);
          const served = guarded.filter((key) => kernel.get('service-ips', key) !== undefined);
          const open = served.filter((key) => kernel.get('firewalled-ips', key) === undefined);
          expect(open).to.deep.equal([]);
        }
      }),
    );
  });
});

// --- internal ---

function expectWhatIsRight(kernel: KernelModel, fresh: NftablesPlanner): void {
  expect(meaningOf(kernel)).to.deep.equal(meaningOf(kernelOf(fresh)));
  for (const [frontend, slots] of takenSlots(kernel.collections)) {
    const expected = [...slots.keys()];
    expect(
      slots.sort((a, b) => a - b),
      frontend,
    ).to.deep.equal(expected);
  }
}

/** What it would take to make the planner's table from nothing. */
function freshPlan(planner: NftablesPlanner): Transaction {
  planner.adopt(undefined);
  return planner.plan();
}

function expectNothingToDo(planner: NftablesPlanner): void {
  const transaction = planner.plan();
  expect(transaction.changes).to.deep.equal([]);
  expect(isEmptyTransaction(transaction)).to.be.true;
  expect(transaction.garbage).to.deep.equal([]);
}

/** The dispatch elements from which a packet would come to a slot or policy map without an entry. */
function deadEnds(kernel: KernelModel): string[] {
  return DISPATCHES.flatMap(({ from, endpoints, policies, refusals }) =>
    [...(kernel.collections.get(from)?.values() ?? [])].flatMap(({ key, value }) => {
      const chain = value.slice('goto '.length);
      const count = /endpoints-(\d+)/.exec(chain)?.[1];
      const base = chain.includes('local-') ? 65_536 : 0;
      const protocol = PROTOCOLS.find((each) => chain.startsWith(each)) ?? 'tcp';
      const ways =
        count === undefined
          ? [...policies, refusals].filter((map) => kernel.get(map, key) !== undefined)
          : Array.from({ length: Number(count) }, (_, slot) => endpointPlace(key, base + slot));
      const isMissing =
        count === undefined
          ? ways.length === 0
          : ways.some((slot) => kernel.get(`${protocol}-${endpoints}`, slot) === undefined);
      return isMissing ? [`${from} { ${key} : ${value} }`] : [];
    }),
  );
}

/** Where a slot of a frontend stands in its protocol's map: the key without the protocol. */
function endpointPlace(frontend: string, slot: number): string {
  return `${frontend.replace(/(tcp|udp|sctp) \. /, '')} . ${slot}`;
}

const BY_ADDRESS = {
  endpoints: 'endpoints',
  policies: ['cluster-policy-ips', 'local-policy-ips'],
  refusals: 'no-endpoint-services',
} as const;

const BY_NODE_PORT = {
  endpoints: 'nodeport-endpoints',
  policies: ['cluster-policy-nodeports', 'local-policy-nodeports'],
  refusals: 'no-endpoint-nodeports',
} as const;

const DISPATCHES = [
  { from: 'service-ips', ...BY_ADDRESS },
  { from: 'cluster-policy-ips', ...BY_ADDRESS },
  { from: 'local-policy-ips', ...BY_ADDRESS },
  { from: 'service-nodeports', ...BY_NODE_PORT },
  { from: 'cluster-policy-nodeports', ...BY_NODE_PORT },
  { from: 'local-policy-nodeports', ...BY_NODE_PORT },
] as const;
