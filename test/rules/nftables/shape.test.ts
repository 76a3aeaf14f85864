import { expect } from 'chai';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { fixedRules } from '../../../rules/nftables/fixed-rules.ts';
import { BASE_CHAINS, layoutCommands } from '../../../rules/nftables/layout.ts';
import { AFFINITY, COLLECTIONS, isMap, PROTOCOL_POSITIONS } from '../../../rules/nftables/names.ts';
import { scriptSteps } from '../../../rules/nftables/script.ts';
import { renderCommand } from '../../../rules/nftables-json/index.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { Service } from '../../../rules/services/types.ts';
import { clusterIp, externalIp, podIp } from '../../support/addresses.ts';
import { makeService, makeSlice, makeSliceEndpoint } from '../services/builders.ts';
import { portsOf, type Cluster } from './support/clusters.ts';
import { plannerWith } from './support/planning.ts';
import { makeSettings, sourceRangesOf } from './support/settings.ts';

describe('the table', () => {
  for (const family of IP_FAMILIES) {
    it(`has as many objects for 10,000 Services as for 10 of the same kinds (${family})`, () => {
      expect(objectsFor(10_000, family)).to.deep.equal(objectsFor(10, family));
    });

    it(`has exactly the sets and maps that have a name and a stage (${family})`, () => {
      const kinds = layoutCommands(family).flatMap((command) => {
        if (!('add' in command)) return [];
        if ('set' in command.add) return [`set ${command.add.set.name}`];
        return 'map' in command.add ? [`map ${command.add.map.name}`] : [];
      });
      const filled = COLLECTIONS.map((name) => `${isMap(name) ? 'map' : 'set'} ${name}`);
      expect(kinds).to.have.members([...filled, `set ${AFFINITY}`]);
    });

    it(`reads protocols where its sets and maps have them (${family})`, () => {
      const positions = layoutCommands(family).flatMap((command) => {
        const [, name, type] =
          /^add (?:set|map) \S+ \S+ (\S+) \{ type(?:of)? ([^:;]+)/.exec(renderCommand(command)) ??
          [];
        if (name === undefined || type === undefined) return [];
        const parts = type.trim().split(' . ');
        const at = parts.findIndex((part) => ['inet_proto', 'meta l4proto'].includes(part));
        return [[name, at < 0 ? undefined : at]];
      });
      expect(Object.fromEntries(positions)).to.deep.equal(PROTOCOL_POSITIONS);
    });

    it(`gives every base chain rules, and every rule a chain (${family})`, () => {
      const chains = fixedRules(family, makeSettings(family)).map(({ chain }) => chain);
      expect(chains).to.include.members(BASE_CHAINS.map(({ name }) => name));
      expect(new Set(chains).size).to.equal(chains.length);
    });
  }
});

// --- internal ---

/** How many objects of each kind a cluster of this size comes to, elements apart. */
function objectsFor(serviceCount: number, family: IpFamily): Record<string, number> {
  const planner = plannerWith(family, portsOf(clusterOf(serviceCount)));
  const counts: Record<string, number> = {};
  let elements = 0;
  for (const { lines } of scriptSteps(planner.plan())) {
    for (const line of lines) {
      const [verb = '', kind = ''] = line.split(' ');
      if (kind === 'element') elements += 1;
      else counts[`${verb} ${kind}`] = (counts[`${verb} ${kind}`] ?? 0) + 1;
    }
  }
  expect(elements).to.be.greaterThan(0);
  return counts;
}

/** Services of five kinds in turn, with two endpoints each. */
function clusterOf(serviceCount: number): Cluster {
  const kinds: readonly Partial<Service>[] = [
    {},
    { affinitySeconds: 600 },
    { internalPolicy: 'Local' },
    {
      type: 'LoadBalancer',
      externalPolicy: 'Local',
      sourceRanges: sourceRangesOf('IPv4').slice(1),
    },
    { type: 'NodePort' },
  ];
  const numbers = Array.from({ length: serviceCount }, (_, index) => index + 1);
  const services = numbers.map((number) => {
    const kind = kinds[number % kinds.length];
    return makeService({
      ...kind,
      name: `service-${number}`,
      clusterIPs: IP_FAMILIES.map((family) => clusterIp(family, number)),
      loadBalancerVIPs:
        kind?.type === 'LoadBalancer' && number < 50
          ? IP_FAMILIES.map((family) => externalIp(family, number))
          : [],
      ports: [{ name: 'http', protocol: 'tcp', port: 80, nodePort: nodePortOf(number, kind) }],
    });
  });
  const slices = numbers.flatMap((number) =>
    IP_FAMILIES.map((family) =>
      makeSlice({
        name: `service-${number}-${family}`,
        service: serviceKey('default', `service-${number}`),
        family,
        endpoints: [1, 2].map((node) =>
          makeSliceEndpoint({ ip: podIp(family, node, 1), nodeName: `node-${node}` }),
        ),
      }),
    ),
  );
  return { services, slices };
}

/** Each node port once: there are enough for 10,000 Services of which every fifth has one. */
function nodePortOf(number: number, kind: Partial<Service> | undefined): number {
  return kind?.type === 'NodePort' ? 30_000 + (number - 4) / 5 : 0;
}
