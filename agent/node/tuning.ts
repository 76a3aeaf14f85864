/**
 * Brings this machine's kernel to what the configuration asks for, before the first rule. A node
 * serves without any of it, so that what cannot be done is said and left.
 */
import { conntrackSettings, type ConntrackLimits } from '../../rules/node/conntrack-settings.ts';
import { servesLocalhost, type AgentConfig } from '../config/agent-config.ts';
import type { Logger } from '../log.ts';
import type { KernelFiles } from './kernel-files.ts';

/** Where and how. */
export interface TuningSeams {
  readonly files: KernelFiles;
  readonly log: Logger;
}

/** Everything that the configuration asks of the kernel. */
export function tuneMachine(
  { conntrack, oomScoreAdj }: Pick<AgentConfig, 'conntrack' | 'oomScoreAdj'>,
  cpuCount: number,
  seams: TuningSeams,
): void {
  tuneConntrack(conntrack, cpuCount, seams);
  setOomScore(oomScoreAdj, seams);
}

/** Sets the limits and timeouts of connection tracking; writes only what is not so already. */
export function tuneConntrack(
  limits: ConntrackLimits,
  cpuCount: number,
  { files, log }: TuningSeams,
): void {
  for (const { name, path, value, isMinimum } of conntrackSettings(limits, cpuCount)) {
    try {
      const before = Number(files.read(path));
      if (before === value || (isMinimum && before > value)) continue;
      files.write(path, String(value));
      log.info({ setting: name, value, before }, 'kernel setting changed');
    } catch (error) {
      const advice = adviceOn(error);
      log.warn(
        {
          setting: name,
          value,
          error: messageOf(error),
          ...(advice === undefined ? {} : { advice }),
        },
        'kernel setting could not be changed',
      );
    }
  }
}

/**
 * Lets packets with a source of 127.0.0.0/8 leave this node, if node ports at 127.0.0.1 are wanted, since
 * their connections go to pods. What comes from elsewhere to 127.0.0.0/8 is dropped by a rule then.
 */
export function allowLocalhostNodePorts(
  config: Pick<AgentConfig, 'mode' | 'iptables' | 'nodePortAddresses'>,
  { files, log }: TuningSeams,
): void {
  if (!servesLocalhost(config)) return;
  try {
    if (files.read(ROUTE_LOCALNET) === '1') return;
    files.write(ROUTE_LOCALNET, '1');
    log.info({ setting: 'net.ipv4.conf.all.route_localnet', value: 1 }, 'kernel setting changed');
  } catch (error) {
    log.warn(
      { error: messageOf(error), advice: `${INIT_CONTAINER}, or set localhostNodePorts to false` },
      'node ports are not served at 127.0.0.1: route_localnet could not be set',
    );
  }
}

/** Sets how likely the kernel ends the agent when memory is short, from -1000 (never) to 1000. */
export function setOomScore(score: number, { files, log }: TuningSeams): void {
  try {
    if (Number(files.read(OOM_SCORE)) !== score) files.write(OOM_SCORE, String(score));
  } catch (error) {
    // Usual in a pod: to lower it takes CAP_SYS_RESOURCE, and the kubelet has set a fitting one.
    log.info({ score, error: messageOf(error) }, 'the OOM score stays as it is');
  }
}

// --- internal ---

const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';

const OOM_SCORE = '/proc/self/oom_score_adj';

const INIT_CONTAINER = 'let a privileged init container run "switchyard run --init-only"';

/** What to do about an error of the file system's. */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'load the kernel module nf_conntrack first'],
  ['EROFS', INIT_CONTAINER],
  ['EACCES', INIT_CONTAINER],
  ['EPERM', INIT_CONTAINER],
]);

function adviceOn(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? ADVICE.get(error.code) : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
