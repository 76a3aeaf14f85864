/** Loads kube-proxy's iptables layout as kube-proxy has it done. */
import type { VariantName } from '../../../agent/kernel/iptables-variant.ts';
import { createRunner } from '../../../agent/kernel/program.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import { JUMPS_TEXT, restoreText } from './iptables.ts';

/** With patience for what takes minutes. */
export const runPatiently = createRunner({
  timeoutMs: 600_000,
  missing: { code: 'iptables-missing', packageName: 'iptables' },
});

/**
 * Loads every service port. kube-proxy never `flushes` the tables that it writes to, which others use
 * too; where only the outcome counts that is much faster.
 */
export async function loadKubeProxy(
  variant: VariantName,
  ports: readonly ServicePort[],
  { flushes }: { readonly flushes: boolean },
): Promise<void> {
  const text = restoreText({ ports, changed: ports, stale: [] });
  await restore(variant, text, flushes ? [] : ['--noflush']);
  await restore(variant, JUMPS_TEXT);
}

/** Runs iptables-restore; rejects with what it said if it refuses. */
export async function restore(
  variant: VariantName,
  text: string,
  args: readonly string[] = ['--noflush'],
): Promise<void> {
  const { exitCode, stderr } = await runPatiently(`iptables-${variant}-restore`, args, text);
  if (exitCode !== 0) throw new Error(`iptables-${variant}-restore failed: ${stderr}`);
}
