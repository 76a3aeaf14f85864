/** Rules of another service proxy: both would translate, and which one wins is chance. */
import { IP_FAMILIES } from '../../rules/ip.ts';
import { ownerOf } from '../../rules/iptables/removal.ts';
import { IptablesTransport } from '../kernel/iptables-transport.ts';
import { findVariants, programOf, type VariantSeams } from '../kernel/iptables-variant.ts';
import { KernelError } from '../kernel/kernel-error.ts';
import type { RunNft } from '../kernel/nft-process.ts';
import { attempt, LIST_CHAINS, type Finding } from './preflight.ts';

/**
 * Looks for a kube-proxy's rules: tables of nftables, and chains in every variant of iptables. What
 * cannot be read is passed over, but for tables with chains of ours that iptables cannot list. Rejects
 * for bugs only, never for what it finds.
 */
export async function findRivals(nft: RunNft, iptables: VariantSeams): Promise<Finding[]> {
  const listed = await attempt(() => nft(LIST_CHAINS));
  const chains = listed instanceof KernelError ? '' : listed.stdout;
  const tables = chains.includes('"kube-proxy"') ? [rivalRules('tables of nftables')] : [];
  return [...tables, ...(await chainsOfIptables(chains, iptables))];
}

// --- internal ---

async function chainsOfIptables(listed: string, seams: VariantSeams): Promise<Finding[]> {
  const variants = await attempt(() => findVariants(seams.run));
  if (variants instanceof KernelError) return [];
  const findings: Finding[] = [];
  for (const variant of variants.values()) {
    const transport = new IptablesTransport(seams, () => Promise.resolve(variant));
    for (const family of IP_FAMILIES) {
      const found = await attempt(() => transport.readTables(family));
      if (found instanceof KernelError && found.code === 'unreadable') {
        findings.push({ level: 'warning', what: found.message, advice: UNREADABLE_ADVICE });
      }
      if (found instanceof KernelError || ownerOf(found) !== 'kube-proxy') continue;
      findings.push(rivalRules(`chains in ${programOf(variant, family, '')}`));
    }
  }
  // Whose they are is in comments, which nft does not print: only iptables does.
  const isUntold = !variants.has('nft') && listed.includes('"KUBE-SERVICES"');
  return isUntold ? [...findings, UNTOLD] : findings;
}

function rivalRules(which: string): Finding {
  return {
    level: 'warning',
    what: `kube-proxy has ${which}`,
    advice: 'start switchyard, then stop kube-proxy and remove its rules: see docs/migrate.md',
  };
}

const UNREADABLE_ADVICE =
  'Services are served, but obsolete chains stay: move those rules into a table of their own ' +
  '(nft list ruleset)';

const UNTOLD: Finding = {
  level: 'warning',
  what: "chains of kube-proxy's names, by iptables-nft",
  advice:
    "kube-proxy's, or left by switchyard in iptables mode: install iptables, which can tell, and " +
    'check again',
};
