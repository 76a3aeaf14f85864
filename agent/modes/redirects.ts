/** Which redirect to the userspace proxy this node can have. */
import type { ListenerGuard } from '../../rules/settings.ts';
import type { ProxyMode, RedirectChoice } from '../config/proxy-mode.ts';
import { SOCKET_FEATURES } from '../node/kernel-features.ts';
import { checkFeature, preflight, type Finding } from '../node/preflight.ts';
import type { RunNft } from '../kernel/nft-process.ts';
import type { System } from '../node/system.ts';

/** A redirect that works, or none. */
export type Redirect =
  { readonly kind: RuleKind; readonly guard: ListenerGuard } | { readonly kind: 'none' };

/** The modes whose rules can lead to listeners. */
export type RuleKind = Extract<ProxyMode, 'nftables' | 'iptables'>;

/** What was found out about redirects. */
export interface RedirectFindings {
  readonly redirect: Redirect;
  readonly findings: readonly Finding[];
}

/** What is got of each choice where nothing is missing. */
export const BEST_REDIRECTS: Readonly<Record<RedirectChoice, Redirect>> = {
  auto: { kind: 'nftables', guard: 'translation and socket' },
  nftables: { kind: 'nftables', guard: 'translation and socket' },
  // The guard's chain is reached from OUTPUT too, where the kernel takes no match for sockets.
  iptables: { kind: 'iptables', guard: 'translation' },
  none: { kind: 'none' },
};

/** How a node is asked what it has. */
export interface RedirectProbes {
  readonly nft: RunNft;
  /** The preflight of iptables mode. */
  readonly iptables: () => Promise<readonly Finding[]>;
  readonly system: System;
}

/**
 * Finds a redirect by trying what it needs, in dry runs. One that was asked for by name is the answer whether
 * it works or not: its errors are then the operator's to see.
 */
export async function findRedirect(
  choice: RedirectChoice,
  probes: RedirectProbes,
): Promise<RedirectFindings> {
  switch (choice) {
    case 'none':
      return { redirect: BEST_REDIRECTS.none, findings: [] };
    case 'nftables':
      return findNftables(probes);
    case 'iptables':
      return findIptables(probes);
    case 'auto': {
      const nftables = await findNftables(probes);
      if (isUsable(nftables)) return nftables;
      const iptables = await findIptables(probes);
      const missing = nftables.findings.map(asWarning);
      return isUsable(iptables)
        ? { ...iptables, findings: [...missing, ...iptables.findings] }
        : {
            redirect: BEST_REDIRECTS.none,
            findings: [...missing, ...iptables.findings.map(asWarning)],
          };
    }
  }
}

// --- internal ---

async function findNftables({ nft, system }: RedirectProbes): Promise<RedirectFindings> {
  const needed = await preflight(nft, system);
  const sockets: Finding[] = [];
  for (const feature of SOCKET_FEATURES) sockets.push(await checkFeature(nft, feature));
  const hasSockets = sockets.every(({ level }) => level === 'ok');
  return {
    redirect: { kind: 'nftables', guard: hasSockets ? 'translation and socket' : 'translation' },
    findings: [...needed, ...sockets.map(asWarning)],
  };
}

async function findIptables({ iptables }: RedirectProbes): Promise<RedirectFindings> {
  return { redirect: BEST_REDIRECTS.iptables, findings: await iptables() };
}

function isUsable({ findings }: RedirectFindings): boolean {
  return findings.every(({ level }) => level !== 'missing');
}

/** What is missing is only a pity. */
function asWarning(finding: Finding): Finding {
  return finding.level === 'missing' ? { ...finding, level: 'warning' } : finding;
}
