/** iptables mode: kube-proxy's chains, in whichever iptables the node uses. */
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { IptablesPlanner } from '../../rules/iptables/planner.ts';
import { ownerOf, removalOf, type ChainOwner } from '../../rules/iptables/removal.ts';
import { reportChanges } from '../../rules/iptables/report.ts';
import { restoreLines } from '../../rules/iptables/restore.ts';
import type { FoundTables } from '../../rules/iptables/save.ts';
import type { ChainOptions } from '../../rules/iptables/settings.ts';
import { isEmptyTransaction } from '../../rules/iptables/transaction.ts';
import type { IptablesConfig } from '../config/agent-config.ts';
import { IptablesTransport } from '../kernel/iptables-transport.ts';
import {
  chooseVariant,
  findVariants,
  IPTABLES,
  type Variant,
  type VariantSeams,
} from '../kernel/iptables-variant.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import { createNft, NFT_DEFAULTS } from '../kernel/nft-process.ts';
import { iptablesPreflight } from '../node/iptables-preflight.ts';
import { findRivals } from '../node/rivals.ts';
import { SYSTEM } from '../node/system.ts';
import { ChainSync } from '../sync/chain-sync.ts';
import type { Desired, FamilyDifference, Mode, Removal } from './mode.ts';

/** iptables mode on this machine, or with whatever seams lead to. */
export function createIptablesMode(config: IptablesConfig, seams = IPTABLES): Mode {
  const transport = new IptablesTransport(seams, () => chooseVariant(config.variant, seams));
  const chainOptions = (): ChainOptions => ({
    allowsLocalhostNodePorts: config.allowsLocalhostNodePorts,
    dropsInvalid: !isLiberal(seams),
  });
  return {
    name: 'iptables',
    obstacleTo: (family) => transport.obstacleTo(family),
    createProxier: (options) =>
      new ChainSync({
        ...options,
        chainOptions,
        transport,
        now: () => performance.now(),
      }),
    render(desired, families, format) {
      // As on a node that leaves conntrack as it is: what this machine does is not asked.
      const options = { ...chainOptions(), dropsInvalid: true };
      const planners = families.map((family) => plannerOf(desired, family, options, undefined));
      const text = format === 'json' ? jsonText(planners) : plainText(planners);
      return { notes: [], text };
    },
    async differences(desired, families) {
      const differences: FamilyDifference[] = [];
      for (const family of families) {
        const found = await transport.readTables(family);
        const planner = plannerOf(desired, family, chainOptions(), found);
        const transaction = planner.plan();
        const isDone = isEmptyTransaction(transaction);
        const sections = isDone ? [] : reportChanges(transaction, planner.ports);
        differences.push({ family, sections });
      }
      return differences;
    },
    async check() {
      const findings = await iptablesPreflight(config.variant, seams, SYSTEM);
      return [...findings, ...(await findRivals(createNft(NFT_DEFAULTS), seams))];
    },
    cleanUp: () => removeFromEvery(seams),
    async removeLeftovers() {
      const chosen = await transport.variant();
      const others = [...(await findVariants(seams.run)).values()].filter(
        ({ name }) => name !== chosen.name,
      );
      const removals: Removal[] = [];
      for (const variant of others) {
        // Chains of our names, whoever made them: in the variant in use they were taken over too.
        for (const family of IP_FAMILIES) {
          removals.push(await removeFrom(variant, family, seams, ['us', 'kube-proxy']));
        }
      }
      return removals;
    },
  };
}

// --- internal ---

function isLiberal({ files }: VariantSeams): boolean {
  try {
    return Number(files.read('/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal')) !== 0;
  } catch {
    return false;
  }
}

/** A planner with everything that is wanted, set against what was found. */
function plannerOf(
  { ports, settings }: Desired,
  family: IpFamily,
  options: ChainOptions,
  found: FoundTables | undefined,
): IptablesPlanner {
  const planner = new IptablesPlanner(family, { ...settings(family), ...options });
  if (found !== undefined) planner.adopt(found);
  for (const [service, servicePorts] of ports) planner.setPorts(service, servicePorts);
  return planner;
}

/** One input a family: iptables-restore reads the first, ip6tables-restore the second. */
function* plainText(planners: readonly IptablesPlanner[]): Generator<string> {
  for (const planner of planners) {
    const program = planner.family === 'IPv4' ? 'iptables-restore' : 'ip6tables-restore';
    yield `# ${planner.family}: ${program} --noflush\n`;
    for (const line of restoreLines(planner.plan())) yield `${line.text}\n`;
  }
}

/** The same as data: family, table, chain, rules. */
function* jsonText(planners: readonly IptablesPlanner[]): Generator<string> {
  const families = planners.map((planner) => {
    const tables = planner.plan().tables.map(({ table, chains, jumps }) => ({
      table,
      chains: chains.map(({ key, after }) => ({
        chain: key,
        rules: after?.value.split('\n') ?? [],
      })),
      inserted: jumps.map(({ key }) => key),
    }));
    return { family: planner.family, tables };
  });
  yield `${JSON.stringify({ families }, undefined, 1)}\n`;
}

/** One that cannot be read keeps no other from being cleaned up. */
async function removeFromEvery(seams: VariantSeams): Promise<Removal[]> {
  const removals: Removal[] = [];
  const errors: KernelError[] = [];
  for (const variant of (await findVariants(seams.run)).values()) {
    for (const family of IP_FAMILIES) {
      try {
        removals.push(await removeFrom(variant, family, seams, ['us']));
      } catch (error) {
        if (!(error instanceof KernelError)) throw error;
        errors.push(error);
      }
    }
  }
  const [first] = errors;
  if (first !== undefined) throw first;
  return removals.length > 0
    ? removals
    : [{ isRemoved: false, line: 'iptables is not installed: nothing to remove' }];
}

async function removeFrom(
  variant: Variant,
  family: IpFamily,
  seams: VariantSeams,
  owners: readonly ChainOwner[],
): Promise<Removal> {
  const transport = new IptablesTransport(seams, () => Promise.resolve(variant));
  const found = await transport.readTables(family);
  const name = `chains of ${family === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant.name}`;
  const owner = ownerOf(found);
  if (owner === 'nobody') {
    return { isRemoved: false, line: `${name} are not there: nothing to remove` };
  }
  if (!owners.includes(owner)) {
    return { isRemoved: false, line: `${name} are those of a kube-proxy: left alone` };
  }
  const removal = removalOf(family, found);
  await transport.apply(removal);
  const count = removal.tables.flatMap(({ chains }) => chains).length;
  return { isRemoved: true, line: `removed ${count} ${name}` };
}
