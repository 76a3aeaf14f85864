/** Runs the packet cases with pods of the cluster. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  casesFor,
  dialUrl,
  parseDialReport,
  parseIps,
  verdictOn,
  type Case,
  type Facts,
} from './cases.ts';
import { kubectl, type Cluster } from './cluster.ts';

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  /** What is wrong; `undefined` when nothing is. */
  readonly problem: string | undefined;
}

/** Deploys the pods and Services, and tells each case's result as soon as it is there. */
export async function* runCases(cluster: Cluster): AsyncGenerator<CaseResult> {
  const workload = readFileSync(join(import.meta.dirname, 'workload.yaml'), 'utf8');
  await kubectl(cluster, ['apply', '--filename', '-'], workload);
  const ready = ['--for', 'condition=Ready', 'pods', '--all', '--timeout', '3m'];
  await kubectl(cluster, [
    ...IN_NAMESPACE,
    'rollout',
    'status',
    'deployment/web',
    '--timeout',
    '3m',
  ]);
  await kubectl(cluster, [...IN_NAMESPACE, 'wait', ...ready]);
  for (const each of casesFor(await findFacts(cluster))) {
    yield { name: each.name, problem: await problemWith(cluster, each) };
  }
}

// --- internal ---

const IN_NAMESPACE = ['--namespace', 'switchyard-e2e'];

/** So many that one of four equally likely pods is missed once in a million cases. */
const TRIES = 60;

async function findFacts(cluster: Cluster): Promise<Facts> {
  const words = async (...args: string[]): Promise<string[]> => {
    const text = await kubectl(cluster, [...IN_NAMESPACE, 'get', ...args]);
    return text.split(/\s+/).filter((word) => word !== '');
  };
  const clusterIPs = 'jsonpath={.spec.clusterIPs[*]}';
  return {
    webPods: await words('pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}'),
    webIPs: parseIps(await words('service', 'web', '-o', clusterIPs)),
    nobodyIPs: parseIps(await words('service', 'nobody', '-o', clusterIPs)),
    nodeIPs: parseIps(await words('nodes', '-o', `jsonpath=${INTERNAL_IPS}`)),
  };
}

const INTERNAL_IPS = '{.items[*].status.addresses[?(@.type=="InternalIP")].address}';

async function problemWith(cluster: Cluster, each: Case): Promise<string | undefined> {
  const command = ['curl', '--silent', '--show-error', dialUrl(each, TRIES)];
  const text = await kubectl(cluster, [...IN_NAMESPACE, 'exec', each.from, '--', ...command]);
  return verdictOn(each, parseDialReport(text));
}
