/** Which redirect to the userspace proxy this node can have. */
import type { ListenerGuard } from '../../rules/settings.ts';
import type { RedirectChoice } from '../config/proxy-mode.ts';
import { SOCKET_FEATURES } from '../node/kernel-features.ts';
import { checkFeature, preflight, type Finding } from '../node/preflight.ts';
import type { RunNft } from '../kernel/nft-process.ts';
import type { System } from '../node/system.ts';

/** A redirect that works, or none. */
export type Redirect =
  { readonly kind: 'nftables'; readonly guard: ListenerGuard } | { readonly kind: 'none' };

/** What was found out about redirects. */
export interface RedirectFindings {
  readonly redirect: Redirect;
  readonly findings: readonly Finding[];
}

/** What a node that has everything gets. */
export const BEST_REDIRECT: Redirect = { kind: 'nftables', guard: 'translation and socket' };

/**
 * Finds a redirect by trying what it needs, in dry runs. One that was asked for by name is the answer whether
 * it works or not: its errors are then the operator's to see.
 */
export async function findRedirect(
  choice: RedirectChoice,
  nft: RunNft,
  system: System,
): Promise<RedirectFindings> {
  if (choice === 'none') return { redirect: { kind: 'none' }, findings: [] };
  const needed = await preflight(nft, system);
  const isUsable = needed.every(({ level }) => level !== 'missing');
  if (!isUsable && choice === 'auto') {
    return { redirect: { kind: 'none' }, findings: needed.map(asWarning) };
  }
  const sockets: Finding[] = [];
  for (const feature of SOCKET_FEATURES) sockets.push(await checkFeature(nft, feature));
  const hasSockets = sockets.every(({ level }) => level === 'ok');
  return {
    redirect: { kind: 'nftables', guard: hasSockets ? 'translation and socket' : 'translation' },
    findings: [...needed, ...sockets.map(asWarning)],
  };
}

// --- internal ---

/** What is missing is only a pity. */
function asWarning(finding: Finding): Finding {
  return finding.level === 'missing' ? { ...finding, level: 'warning' } : finding;
}
