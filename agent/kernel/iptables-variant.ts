/**
 * iptables is two programs: the legacy one, with tables of its own in the kernel, and one that writes
 * nftables. Both work side by side, but everything on a node should use the same. Kubelet leaves a
 * hint which one that is (KEP-3178).
 */
import type { IpFamily } from '../../rules/ip.ts';
import { KERNEL_FILES, type KernelFiles } from '../node/kernel-files.ts';
import { KernelError } from './kernel-error.ts';
import { createRunner, type RunProgram } from './program.ts';

/** The variants of iptables. */
export const IPTABLES_VARIANTS = ['nft', 'legacy'] as const;

/** One of the variants of iptables. */
export type VariantName = (typeof IPTABLES_VARIANTS)[number];

/** An installed variant. */
export interface Variant {
  readonly name: VariantName;
  /** What its programs' names have after `iptables`: `-nft`, or nothing where there is only one. */
  readonly suffix: string;
  /** `1.8.9`. */
  readonly version: string;
}

/** What is needed to find out. */
export interface VariantSeams {
  readonly run: RunProgram;
  readonly files: Pick<KernelFiles, 'read'>;
}

/** The iptables on PATH, with time for the largest clusters on slow machines. */
export const IPTABLES: VariantSeams = {
  run: createRunner({
    timeoutMs: 120_000,
    missing: { code: 'iptables-missing', packageName: 'iptables' },
  }),
  files: KERNEL_FILES,
};

/** The variants that are installed, by their names. */
export async function findVariants(run: RunProgram): Promise<ReadonlyMap<VariantName, Variant>> {
  const variants = new Map<VariantName, Variant>();
  // The one without a suffix last: it is one of the others, where those are there.
  for (const suffix of ['-nft', '-legacy', '']) {
    const variant = await variantOf(run, suffix);
    if (variant !== undefined && !variants.has(variant.name)) variants.set(variant.name, variant);
  }
  return variants;
}

/**
 * The variant to use: the wanted one, or with `auto` the one in which kubelet has left its hint, else
 * the one that holds rules for Services, else nft. Rejects when it is not installed.
 */
export async function chooseVariant(
  wanted: VariantName | 'auto',
  seams: VariantSeams,
): Promise<Variant> {
  const variants = await findVariants(seams.run);
  const chosen = wanted === 'auto' ? await detect(variants, seams) : variants.get(wanted);
  if (chosen !== undefined) return chosen;
  const name = wanted === 'auto' ? 'iptables' : `iptables-${wanted}`;
  throw new KernelError('iptables-missing', `there is no program ${name}: install iptables`);
}

/** `ip6tables-nft-restore`. */
export function programOf(
  { suffix }: Variant,
  family: IpFamily,
  tool: '' | '-restore' | '-save',
): string {
  return `${family === 'IPv4' ? 'iptables' : 'ip6tables'}${suffix}${tool}`;
}

/**
 * The chains of one table, without making it: asking the legacy variant for a table that nobody uses
 * puts it, with its hooks, into every packet's way.
 */
export async function listChains(
  variant: Variant,
  family: IpFamily,
  table: string,
  { run, files }: VariantSeams,
): Promise<string[]> {
  if (variant.name === 'legacy' && !legacyTables(family, files).includes(table)) return [];
  const { stdout } = await run(programOf(variant, family, '-save'), ['-t', table]);
  return [...stdout.matchAll(/^:(\S+)/gm)].map(([, name = '']) => name);
}

/** The tables that the legacy variant has in use. */
export function legacyTables(family: IpFamily, files: Pick<KernelFiles, 'read'>): string[] {
  try {
    const path = `/proc/net/${family === 'IPv4' ? 'ip' : 'ip6'}_tables_names`;
    return files.read(path).split('\n');
  } catch {
    // No such file: the kernel has no legacy iptables, or has not loaded it.
    return [];
  }
}

// --- internal ---

/** What kubelet creates in the table mangle, of either family. */
const KUBELET_HINTS = ['KUBE-IPTABLES-HINT', 'KUBE-KUBELET-CANARY'];

async function variantOf(run: RunProgram, suffix: string): Promise<Variant | undefined> {
  try {
    const { exitCode, stdout } = await run(`iptables${suffix}`, ['--version']);
    const version = /v(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
    if (exitCode !== 0 || version === undefined) return undefined;
    // Versions before 1.8 know one variant only, and do not say which.
    return { name: stdout.includes('nf_tables') ? 'nft' : 'legacy', suffix, version };
  } catch (error) {
    if (error instanceof KernelError && error.code === 'iptables-missing') return undefined;
    throw error;
  }
}

async function detect(
  variants: ReadonlyMap<VariantName, Variant>,
  seams: VariantSeams,
): Promise<Variant | undefined> {
  for (const [table, names] of [
    ['mangle', KUBELET_HINTS],
    ['nat', ['KUBE-SERVICES']],
  ] as const) {
    for (const name of IPTABLES_VARIANTS) {
      const variant = variants.get(name);
      if (variant !== undefined && (await hasChain(variant, table, names, seams))) return variant;
    }
  }
  return variants.get('nft') ?? variants.get('legacy');
}

async function hasChain(
  variant: Variant,
  table: string,
  names: readonly string[],
  seams: VariantSeams,
): Promise<boolean> {
  for (const family of ['IPv4', 'IPv6'] as const) {
    const chains = await listChains(variant, family, table, seams);
    if (chains.some((chain) => names.includes(chain))) return true;
  }
  return false;
}
