/**
 * Preflight of iptables mode. The kernel is asked by restores that are tested and not committed
 * (`iptables-restore --test`), which loads the extensions they name.
 */
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { parseComplaint } from '../kernel/iptables-errors.ts';
import {
  chooseVariant,
  findVariants,
  programOf,
  type Variant,
  type VariantName,
  type VariantSeams,
} from '../kernel/iptables-variant.ts';
import { adviseOn, KernelError } from '../kernel/kernel-error.ts';
import { atLeast, attempt, checkSysctls, missing, ok, type Finding } from './preflight.ts';
import type { System } from './system.ts';

/** Looks at everything that iptables mode needs. Rejects for bugs only, never for what it finds. */
export async function iptablesPreflight(
  wanted: VariantName | 'auto',
  seams: VariantSeams,
  system: System,
): Promise<Finding[]> {
  const variant = await attempt(() => chooseVariant(wanted, seams));
  if (variant instanceof KernelError) {
    const advice = `${variant.message} (Debian, Ubuntu: apt-get install iptables)`;
    return [missing('iptables', advice)];
  }
  const findings = [await checkVersion(variant, seams)];
  for (const family of IP_FAMILIES) {
    for (const feature of FEATURES) {
      findings.push(await checkFeature(variant, family, feature, seams));
    }
  }
  return [...findings, ...checkSysctls(system)];
}

// --- internal ---

/** `MASQUERADE --random-fully`; everything else is older. */
const MIN_IPTABLES = [1, 6, 2] as const;

/** Something that rules are made of. */
interface Feature {
  readonly name: string;
  readonly table: 'nat' | 'filter';
  readonly rule: string | ((family: IpFamily) => string);
  /** The kernel's option for it. */
  readonly option: string;
}

const FEATURES: readonly Feature[] = [
  {
    name: 'translating destinations',
    table: 'nat',
    rule: (family) =>
      `-p tcp -j DNAT --to-destination ${family === 'IPv4' ? '192.0.2.1' : '[2001:db8::1]'}:80`,
    option: 'CONFIG_NETFILTER_XT_NAT',
  },
  {
    name: 'masquerading',
    table: 'nat',
    rule: '-j MASQUERADE --random-fully',
    option: 'CONFIG_NETFILTER_XT_TARGET_MASQUERADE',
  },
  {
    name: 'marks',
    table: 'nat',
    rule: '-m mark --mark 0x1/0x1 -j MARK --set-xmark 0x1/0x1',
    option: 'CONFIG_NETFILTER_XT_MARK',
  },
  {
    name: 'random choice',
    table: 'nat',
    rule: '-m statistic --mode random --probability 0.5 -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_STATISTIC',
  },
  {
    name: 'session affinity',
    table: 'nat',
    rule: '-m recent --rcheck --seconds 1 --reap --name SWITCHYARD-CHECK -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_RECENT',
  },
  {
    name: "the node's own addresses",
    table: 'nat',
    rule: '-m addrtype --dst-type LOCAL -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_ADDRTYPE',
  },
  {
    name: 'comments',
    table: 'nat',
    rule: '-m comment --comment check -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_COMMENT',
  },
  {
    name: 'SCTP ports',
    table: 'nat',
    rule: '-p sctp -m sctp --dport 80 -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_SCTP',
  },
  {
    name: 'connection states',
    table: 'filter',
    rule: '-m conntrack --ctstate NEW -j RETURN',
    option: 'CONFIG_NETFILTER_XT_MATCH_CONNTRACK',
  },
  {
    name: 'rejecting',
    table: 'filter',
    rule: '-j REJECT',
    option: 'CONFIG_IP_NF_TARGET_REJECT, CONFIG_IP6_NF_TARGET_REJECT',
  },
];

async function checkVersion(chosen: Variant, { run }: VariantSeams): Promise<Finding> {
  const others = [...(await findVariants(run)).keys()].filter((name) => name !== chosen.name);
  const also = others.length === 0 ? '' : `; ${others.join()} is there too`;
  const what = `iptables ${chosen.version}, variant ${chosen.name}${also}`;
  return atLeast(chosen.version, MIN_IPTABLES)
    ? ok(what)
    : missing(what, `version ${MIN_IPTABLES.join('.')} or later is needed: upgrade iptables`);
}

async function checkFeature(
  variant: Variant,
  family: IpFamily,
  { name, table, rule, option }: Feature,
  { run }: VariantSeams,
): Promise<Finding> {
  const what = `kernel, ${family}: ${name}`;
  const text = typeof rule === 'string' ? rule : rule(family);
  const input = `*${table}\n:SWITCHYARD-CHECK - [0:0]\n-A SWITCHYARD-CHECK ${text}\nCOMMIT\n`;
  const program = programOf(variant, family, '-restore');
  const { exitCode, stderr } = await run(program, ['--noflush', '--test', '-w', '5'], input);
  if (exitCode === 0) return ok(what);
  const { code, message } = parseComplaint(stderr);
  return code === 'not-permitted'
    ? missing(what, adviseOn({ code, message }))
    : missing(what, `needs ${option} (a module may have to be loaded); iptables says: ${message}`);
}
