/**
 * The modes whose rules can lead clients to the userspace proxy: they are given its listeners in place of
 * endpoints, and are otherwise as ever.
 */
import type { Ip, IpFamily } from '../../rules/ip.ts';
import { foundListeners as listenersInChains } from '../../rules/iptables/found-listeners.ts';
import { foundListeners as listenersInTable } from '../../rules/nftables/found-listeners.ts';
import type { FoundTable } from '../../rules/nftables/planner.ts';
import type { ServicePort } from '../../rules/services/types.ts';
import type { FoundListener } from '../../rules/userspace/service-listeners.ts';
import type { IptablesConfig } from '../config/agent-config.ts';
import { IptablesTransport } from '../kernel/iptables-transport.ts';
import { chooseVariant, IPTABLES } from '../kernel/iptables-variant.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import { createNft, NFT_DEFAULTS } from '../kernel/nft-process.ts';
import { NftTransport } from '../kernel/nft-transport.ts';
import { createIptablesMode } from './iptables.ts';
import type { Mode } from './mode.ts';
import { createNftablesMode } from './nftables.ts';
import type { RuleKind } from './redirects.ts';

/** One of them. */
export interface Carrier {
  readonly mode: Mode;
  /** Reads the rules in the kernel. Rejects with a KernelError. */
  readonly readListeners: (family: IpFamily) => Promise<FindListeners>;
}

/** Each by its name. */
export type Carriers = Readonly<Record<RuleKind, Carrier>>;

/** The listeners of these service ports, at this address, to which the rules that were read lead. */
export type FindListeners = (ports: readonly ServicePort[], ip: Ip) => readonly FoundListener[];

/** Removes the rules of all of them that can be removed. */
export async function removeRules(carriers: Carriers): Promise<void> {
  for (const { mode } of Object.values(carriers)) {
    try {
      await mode.cleanUp();
    } catch (error) {
      // Where rules cannot be had at all there are none.
      if (!(error instanceof KernelError)) throw error;
    }
  }
}

/** All of them, on this machine. */
export function createCarriers(config: IptablesConfig): Carriers {
  const transport = new NftTransport(createNft(NFT_DEFAULTS));
  const chains = new IptablesTransport(IPTABLES, () => chooseVariant(config.variant, IPTABLES));
  return {
    nftables: {
      mode: createNftablesMode(transport),
      async readListeners(family) {
        const { contents } = (await transport.readTable(family)) ?? NO_TABLE;
        return (ports, ip) => listenersInTable(contents, ports, ip);
      },
    },
    iptables: {
      // At localhost the proxy listens at node ports itself: in both families, and without route_localnet.
      mode: createIptablesMode({ ...config, allowsLocalhostNodePorts: false }),
      async readListeners(family) {
        const found = await chains.readForWriting(family);
        return (ports, ip) => listenersInChains(found, ports, ip);
      },
    },
  };
}

// --- internal ---

const NO_TABLE: Pick<FoundTable, 'contents'> = { contents: new Map() };
