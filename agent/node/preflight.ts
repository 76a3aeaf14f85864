/**
 * Preflight: names everything that the agent needs and that is not here, one by one, with what to do
 * about it. The kernel is asked by dry runs (`nft -c`), never by its version alone: distributions
 * leave features out that their version has.
 */
import { KernelError } from '../kernel/kernel-error.ts';
import { parseComplaint } from '../kernel/nft-errors.ts';
import type { RunNft } from '../kernel/nft-process.ts';
import { KERNEL_FEATURES, probeScript, type KernelFeature } from './kernel-features.ts';
import type { System } from './system.ts';

/** One thing that was looked at. */
export interface Finding {
  /** `missing` is needed, a `warning` is not but somebody should know. */
  readonly level: 'ok' | 'warning' | 'missing';
  readonly what: string;
  /** What to do; empty when all is well. */
  readonly advice: string;
}

/** What even old versions of nft list without reading every element of every table. */
export const LIST_CHAINS: readonly string[] = ['-j', 'list', 'chains'];

/** Looks at everything. Never rejects for what it finds, only for bugs. */
export async function preflight(nft: RunNft, system: System): Promise<Finding[]> {
  const tool = await checkNft(nft);
  const usable = tool.every(({ level }) => level !== 'missing');
  const features = usable ? await checkFeatures(nft) : [];
  return [...tool, checkKernel(system), ...features, ...checkSysctls(system)];
}

/** Tries one feature. Rejects for bugs only. */
export async function checkFeature(nft: RunNft, feature: KernelFeature): Promise<Finding> {
  const result = await attempt(() => nft(['-c', '-f', '-'], probeScript(feature)));
  const what = `kernel, ${feature.family}: ${feature.name}`;
  const advice = `needs ${feature.option} (a module may have to be loaded)`;
  if (result instanceof KernelError) return missing(what, `${advice}; ${result.message}`);
  if (result.exitCode === 0) return ok(what);
  return missing(what, `${advice}; nft says: ${parseComplaint(result.stderr).message}`);
}

// --- internal ---

/** Older ones parse the whole ruleset, whatever they are asked (behaviour document, section 4.1). */
const MIN_NFT = [1, 0, 1] as const;
/** kube-proxy's floor for nftables mode; what we use is in older ones too, but nobody tests them. */
const MIN_KERNEL = [5, 13] as const;
const SKIP_KERNEL_CHECK = 'KUBE_PROXY_NFTABLES_SKIP_KERNEL_VERSION_CHECK';

async function checkNft(nft: RunNft): Promise<Finding[]> {
  const version = await attempt(() => nft(['--version']));
  if (version instanceof KernelError) {
    return [missing('nft', `${version.message} (Debian, Ubuntu: apt-get install nftables)`)];
  }
  const text = /v(\d+(?:\.\d+)*)/.exec(version.stdout)?.[1] ?? 'unknown';
  const findings = [
    atLeast(text, MIN_NFT)
      ? ok(`nft ${text}`)
      : missing(`nft ${text}`, `version ${MIN_NFT.join('.')} or later is needed: upgrade nftables`),
  ];
  const list = await attempt(() => nft(LIST_CHAINS));
  if (list instanceof KernelError || list.exitCode !== 0) {
    const reason = list instanceof KernelError ? list.message : parseComplaint(list.stderr).message;
    findings.push(
      missing('privilege to change netfilter', `${reason}: run as root, or with CAP_NET_ADMIN`),
    );
  } else {
    findings.push(ok('privilege to change netfilter'));
  }
  return findings;
}

function checkKernel(system: System): Finding {
  const release = system.kernelRelease();
  if (atLeast(release, MIN_KERNEL)) return ok(`kernel ${release}`);
  const isSkipped = (system.env(SKIP_KERNEL_CHECK) ?? '') !== '';
  const advice = `version ${MIN_KERNEL.join('.')} or later is needed`;
  return isSkipped
    ? {
        level: 'warning',
        what: `kernel ${release}`,
        advice: `${advice}; ${SKIP_KERNEL_CHECK} is set`,
      }
    : missing(
        `kernel ${release}`,
        `${advice}: upgrade, or set ${SKIP_KERNEL_CHECK}=1 to try anyway`,
      );
}

async function checkFeatures(nft: RunNft): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const feature of KERNEL_FEATURES) findings.push(await checkFeature(nft, feature));
  return findings;
}

/** Sysctls without which packets do not pass, however right the rules are. */
const SYSCTLS: readonly { readonly path: string; readonly wanted: string; readonly why: string }[] =
  [
    { path: 'net/ipv4/ip_forward', wanted: '1', why: 'IPv4 traffic is not forwarded to pods' },
    {
      path: 'net/ipv6/conf/all/forwarding',
      wanted: '1',
      why: 'IPv6 traffic is not forwarded to pods',
    },
    {
      path: 'net/bridge/bridge-nf-call-iptables',
      wanted: '1',
      why: 'replies between pods on one bridge are not translated back',
    },
  ];

/** Looks at what decides whether packets are forwarded at all. */
export function checkSysctls(system: System): Finding[] {
  return SYSCTLS.flatMap(({ path, wanted, why }): Finding[] => {
    const value = system.sysctl(path);
    if (value === undefined) return [];
    const name = path.replaceAll('/', '.');
    if (value === wanted) return [ok(`${name} = ${value}`)];
    const advice = `${why}: sysctl -w ${name}=${wanted} (a CNI may do it when it starts)`;
    return [{ level: 'warning', what: `${name} = ${value}`, advice }];
  });
}

/** What came of it, or the error that kept the program from answering. */
export async function attempt<T>(run: () => Promise<T>): Promise<T | KernelError> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof KernelError) return error;
    throw error;
  }
}

/** Compares the numbers that a version begins with. */
export function atLeast(version: string, minimum: readonly number[]): boolean {
  const parts = version.split(/[^0-9]/).map(Number);
  for (const [index, needed] of minimum.entries()) {
    const part = parts[index] ?? 0;
    if (part !== needed) return part > needed;
  }
  return true;
}

/** What is as it should be. */
export function ok(what: string): Finding {
  return { level: 'ok', what, advice: '' };
}

/** What is needed and is not there. */
export function missing(what: string, advice: string): Finding {
  return { level: 'missing', what, advice };
}
