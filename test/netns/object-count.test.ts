/** The table's constant shape: what is in the kernel besides elements does not grow with Services. */
import { expect } from 'chai';
import { hostCidr, IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { nftFamily, TABLE } from '../../rules/nftables/names.ts';
import { parseRuleset } from '../../rules/nftables-json/index.ts';
import { type LogLine, runAgentOnce } from './packets/agent.ts';
import { type Bed, createBed } from './packets/bed.ts';
import { CLUSTER_CIDR_FLAGS } from './packets/cluster.ts';
import { ipsOfHost, listOf } from './packets/hosts.ts';
import { makeService, type ServiceOptions, type TestService, vips } from './packets/service.ts';

/** One of each; the number of endpoints, protocols and timeouts are what shared chains depend on. */
const KINDS: readonly ((number: number) => Omit<ServiceOptions, 'number' | 'name'>)[] = [
  () => ({ endpoints: ['pod-1-1', 'pod-1-2', 'pod-1-3'] }),
  () => ({ endpoints: ['pod-1-1', 'pod-1-2'], type: 'NodePort' }),
  () => ({ endpoints: [] }),
  () => ({ endpoints: ['pod-1-1'], spec: { sessionAffinity: 'ClientIP' } }),
  (number) => ({
    endpoints: ['pod-1-1', 'pod-1-2'],
    type: 'LoadBalancer',
    // All at one VIP, which has room for as many ports.
    ports: [{ name: 'tcp', protocol: 'TCP', port: number }],
    spec: {
      externalTrafficPolicy: 'Local',
      loadBalancerSourceRanges: listOf(ipsOfHost('client-1')).map(hostCidr),
    },
    status: { loadBalancer: { ingress: listOf(vips(1)).map((ip) => ({ ip })) } },
  }),
];

describe('the number of objects in the kernel', () => {
  let bed: Bed;

  before(async () => {
    bed = await createBed({ nodes: [{ pods: 0 }], clients: 0 });
  });
  after(() => bed.close());

  it('is the same for 10 and for 10,000 Services of the same kinds', async function () {
    this.timeout(120_000);
    const few = await load(10);
    const many = await load(10_000);
    expect(many.elements).to.be.above(100 * few.elements);
    expect(many.objects).to.deep.equal(few.objects);
  });

  /** Programs so many Services; resolves to how many elements that took, and the objects by family. */
  async function load(
    count: number,
  ): Promise<{ elements: number; objects: readonly ReadonlyMap<string, number>[] }> {
    const node = bed.world.host('node-1');
    await bed.write(Array.from({ length: count }, (_, index) => serviceOf(index + 1)));
    const log = await runAgentOnce(node, {
      source: bed.source.flags,
      flags: CLUSTER_CIDR_FLAGS,
    });
    const objects = await Promise.all(IP_FAMILIES.map(objectsIn));
    return { elements: elementsAdded(log), objects };
  }

  /** How many tables, chains, rules, sets and maps there are: `-t` leaves the elements out. */
  async function objectsIn(family: IpFamily): Promise<ReadonlyMap<string, number>> {
    const args = ['-j', '-t', 'list', 'table', nftFamily(family), TABLE];
    const { stdout } = await bed.world.host('node-1').exec('nft', args);
    const kinds = Map.groupBy(parseRuleset(stdout).nftables, (object) =>
      Object.keys(object).join(),
    );
    return new Map([...kinds].map(([kind, objects]) => [kind, objects.length]));
  }
});

// --- internal ---

function serviceOf(number: number): TestService {
  const kind = KINDS[number % KINDS.length];
  if (kind === undefined) throw new RangeError(`no kind of Service for number ${number}`);
  return makeService({ number, name: `service-${number}`, ...kind(number) });
}

function elementsAdded(log: readonly LogLine[]): number {
  return log.reduce((sum, { added = 0 }) => sum + added, 0);
}
