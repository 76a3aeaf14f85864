/** A running agent whose configuration file changes, mounted as the kubelet mounts a ConfigMap. */
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { parse } from 'yaml';
import { EXAMPLES, ROOT } from '../agent/cli/support.ts';
import { HEADER } from '../agent/config/support.ts';
import { CLUSTER_CIDR } from '../support/addresses.ts';
import { eventually } from '../support/eventually.ts';
import { iptablesObstacle, itUnless } from './support/iptables-obstacle.ts';
import { useEmptyRuleset } from './support/tables.ts';

const MAIN = join(ROOT, 'agent/main.ts');
const METRICS_PORT = 19_249;

/** What every version of the file says; settings that are not the namespace's own are left alone. */
const COMMON =
  `${HEADER}conntrack: {maxPerCore: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}\n` +
  `healthzBindAddress: 127.0.0.1:19256\nmetricsBindAddress: 127.0.0.1:${METRICS_PORT}\n`;

describe('an agent whose configuration changes', function () {
  this.timeout(60_000);
  useEmptyRuleset();
  let folder: string;
  let agent: ReturnType<typeof startAgent>;
  let log = '';
  let versions = 0;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-config-'));
    await execa('ip', ['link', 'set', 'lo', 'up']);
    await symlink('..data/config.yaml', join(folder, 'config.yaml'));
    await write(`clusterCIDR: ${CLUSTER_CIDR.IPv4}\n`);
    log = '';
    agent = startAgent(join(folder, 'config.yaml'));
    agent.stderr.on('data', (text) => (log += String(text)));
    await eventually(async () => (await rules()).includes(CLUSTER_CIDR.IPv4));
  });

  afterEach(async () => {
    agent.kill();
    await agent;
    await rm(folder, { recursive: true, force: true });
  });

  /** Mounts another version of the file: a new folder, and the link to it replaced in one step. */
  async function write(text: string, conntrack = ''): Promise<void> {
    versions += 1;
    const name = `..version_${versions}`;
    await mkdir(join(folder, name));
    const common = COMMON.replace('conntrack: {', `$&${conntrack}`);
    await writeFile(join(folder, name, 'config.yaml'), common + text);
    await symlink(name, join(folder, '..data_tmp'));
    await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  }

  async function metrics(path: string): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${METRICS_PORT}${path}`)).text();
  }

  it('programs what changed, and shows what is in force', async () => {
    await write('nftables: {masqueradeAll: true, masqueradeBit: 20}\nnodePortAddresses: [all]\n');
    await eventually(async () => (await rules()).includes('masquerade all ClusterIP traffic'));
    expect(await rules())
      .to.include('0x00100000')
      .and.not.include('0x00004000')
      .and.not.include(CLUSTER_CIDR.IPv4);
    expect(log).to.include('the changed configuration is in force');
    expect(log).to.include('clusterCIDR is not set');
    const { 'kubeproxy.config.k8s.io': shown } = parse(await metrics('/configz')) as Configz;
    expect(shown.nftables).to.include({ masqueradeAll: true, masqueradeBit: 20 });
    expect(await metrics('/metrics')).to.include(
      'switchyard_config_reloads_total{result="applied"} 1\n',
    );
  });

  it('keeps what is in force when the new one is wrong', async () => {
    const before = await rules();
    await write('nftables: {masqueradeAll: 1}\n');
    await eventually(() => log.includes('the one before stays in force'));
    expect(log).to.match(/config\.yaml:6: nftables\.masqueradeAll: expected true or false, got 1/);
    expect(await rules()).to.equal(before);
    expect(await metrics('/metrics')).to.include(
      'switchyard_config_reloads_total{result="refused"} 1\n',
    );
  });

  it('ends with 0 where it has to be started again, and leaves the rules', async () => {
    await write(`clusterCIDR: ${CLUSTER_CIDR.IPv4}\nnftables: {minSyncPeriod: 2s}\n`);
    const { exitCode } = await agent;
    expect(log).to.match(/to be started again with it fields=nftables\.minSyncPeriod\n/);
    expect(exitCode).to.equal(0);
    expect(await rules()).to.include(CLUSTER_CIDR.IPv4);
  });

  itUnless(
    iptablesObstacle('nft'),
    'makes the kernel settings that its chains need in iptables mode',
    async () => {
      const mode = 'mode: iptables\niptables: {variant: nft}\n';
      agent.kill();
      await agent;
      await setKernel(ROUTE_LOCALNET, '0');
      await write(`${mode}nodePortAddresses: [primary]\n`);
      agent = startAgent(join(folder, 'config.yaml'));
      await eventually(async () => (await chains()).includes('--ctstate INVALID -j DROP'));
      expect(await kernel(ROUTE_LOCALNET)).to.equal('0');

      // Node ports at 127.0.0.1 need it, and packets outside of the window are not invalid any more.
      await write(`${mode}nodePortAddresses: [primary, localhost]\n`, 'tcpBeLiberal: true, ');
      await eventually(async () => !(await chains()).includes('--ctstate INVALID -j DROP'));
      expect(await kernel(ROUTE_LOCALNET)).to.equal('1');
      for (const path of [ROUTE_LOCALNET, BE_LIBERAL]) await setKernel(path, '0');
    },
  );
});

// --- internal ---

interface Configz {
  readonly 'kubeproxy.config.k8s.io': { readonly nftables: object };
}

async function rules(): Promise<string> {
  const { stdout } = await execa('nft', ['list', 'table', 'ip', 'switchyard'], { reject: false });
  return stdout;
}

async function chains(): Promise<string> {
  const { stdout } = await execa('iptables-nft-save', ['-t', 'filter'], { reject: false });
  return stdout;
}

/** Settings of this network namespace. */
const ROUTE_LOCALNET = '/proc/sys/net/ipv4/conf/all/route_localnet';
const BE_LIBERAL = '/proc/sys/net/netfilter/nf_conntrack_tcp_be_liberal';

async function kernel(path: string): Promise<string> {
  return (await readFile(path, 'utf8')).trim();
}

async function setKernel(path: string, value: string): Promise<void> {
  await writeFile(path, value);
}

function startAgent(file: string) {
  const flags = ['--config', file, '--hostname-override', 'node-1'];
  return execa(process.execPath, [MAIN, 'run', '--manifests', EXAMPLES, ...flags], {
    reject: false,
  });
}
