/** nftables mode: one table a family, where Services are elements. */
import { setTimeout as sleep } from 'node:timers/promises';
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { transactionSteps } from '../../rules/nftables/commands.ts';
import { nftFamily, TABLE } from '../../rules/nftables/names.ts';
import { NftablesPlanner, type FoundTable } from '../../rules/nftables/planner.ts';
import { reportChanges } from '../../rules/nftables/report.ts';
import { ELEMENTS_PER_COMMAND, scriptSteps, scriptText } from '../../rules/nftables/script.ts';
import { isEmptyTransaction, type Transaction } from '../../rules/nftables/transaction.ts';
import type { ListenerDefaults } from '../../rules/userspace/service-listeners.ts';
import { IPTABLES } from '../kernel/iptables-variant.ts';
import { createNft, NFT_DEFAULTS } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import type { Transport } from '../kernel/transport.ts';
import { preflight } from '../node/preflight.ts';
import { findRivals } from '../node/rivals.ts';
import { SYSTEM } from '../node/system.ts';
import { ListenerSync } from '../sync/listener-sync.ts';
import { TableSync } from '../sync/table-sync.ts';
import { localhostWay } from '../sync/ways-in.ts';
import type { Desired, FamilyDifference, Mode, Removal } from './mode.ts';

/**
 * nftables mode on this machine, or on whatever a transport leads to. `defaults` are for node ports at
 * localhost, where the userspace proxy serves them.
 */
export function createNftablesMode(
  transport: Transport = new NftTransport(createNft(NFT_DEFAULTS)),
  defaults: ListenerDefaults = { loadBalancing: 'round-robin' },
): Mode {
  return {
    name: 'nftables',
    createProxier(options) {
      const now = (): number => performance.now();
      const { userspace: proxy } = options;
      if (proxy === undefined) return new TableSync({ ...options, transport, now });
      // Whether or not localhost is asked for now: a changed configuration may do it later.
      return new ListenerSync({
        ...options,
        proxy,
        findWay: (current, events) => {
          const table = { ...options, settings: current, events, transport, now };
          const rules = new TableSync(table);
          return Promise.resolve(localhostWay({ settings: current, defaults, rules }));
        },
        now,
        sleep,
      });
    },
    render(desired, families, format) {
      const transactions = families.map((family) => plannerOf(desired, family, undefined).plan());
      return format === 'json'
        ? { notes: [JSON_NOTE], text: jsonText(transactions) }
        : { notes: [], text: plainText(transactions) };
    },
    async differences(desired, families) {
      const differences: FamilyDifference[] = [];
      for (const family of families) {
        const planner = plannerOf(desired, family, await transport.readTable(family));
        const transaction = planner.plan();
        const isDone = isEmptyTransaction(transaction) && transaction.garbage.length === 0;
        const sections = isDone ? [] : reportChanges(transaction, planner.frontends());
        differences.push({ family, sections });
      }
      return differences;
    },
    async check() {
      const nft = createNft({ program: 'nft', timeoutMs: PROBE_TIMEOUT_MS });
      return [...(await preflight(nft, SYSTEM)), ...(await findRivals(nft, IPTABLES))];
    },
    async cleanUp() {
      const removals: Removal[] = [];
      for (const family of IP_FAMILIES) {
        const isRemoved = await transport.removeTable(family);
        const name = `table ${nftFamily(family)} ${TABLE}`;
        const line = isRemoved ? `removed ${name}` : `${name} is not there: nothing to remove`;
        removals.push({ isRemoved, line });
      }
      return removals;
    },
  };
}

// --- internal ---

/** A probe that takes longer than this hangs. */
const PROBE_TIMEOUT_MS = 10_000;

const JSON_NOTE =
  'note: the maps of endpoints ("tcp-endpoints", ...) have a key of type numgen, which nft reads ' +
  'from JSON since 1.1.2; older ones take the text form only';

/** A planner with everything that is wanted, set against what was found. */
function plannerOf(
  { ports, settings }: Desired,
  family: IpFamily,
  found: FoundTable | undefined,
): NftablesPlanner {
  const planner = new NftablesPlanner(family, settings(family));
  // Before the ports come in, so that each endpoint keeps the slot it has in the kernel.
  planner.adopt(found);
  for (const [service, servicePorts] of ports) planner.setPorts(service, servicePorts);
  return planner;
}

function* plainText(transactions: readonly Transaction[]): Generator<string> {
  for (const transaction of transactions) {
    for (const step of scriptSteps(transaction)) yield scriptText([step]);
  }
}

/** One JSON document, a command a line, written as it is made. */
function* jsonText(transactions: readonly Transaction[]): Generator<string> {
  let separator = '{"nftables": [\n';
  for (const transaction of transactions) {
    for (const { commands } of transactionSteps(transaction, [], ELEMENTS_PER_COMMAND)) {
      for (const command of commands) {
        yield separator + JSON.stringify(command);
        separator = ',\n';
      }
    }
  }
  yield '\n]}\n';
}
