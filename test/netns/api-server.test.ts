import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { nodeObject, sliceObject } from '../agent/cluster/api/support/objects.ts';
import { serviceObject } from '../agent/cluster/support/manifests.ts';
import { createTestApiServer, type TestApiServer } from '../cluster/api-server.ts';
import { CLUSTER_CIDR, clusterIp, podIp } from '../support/addresses.ts';
import { eventually } from '../support/eventually.ts';

const MAIN = join(import.meta.dirname, '../../agent/main.ts');

/** Settings that are not the namespace's own are left alone. */
const FLAGS = [
  ...['--hostname-override', 'node-1', '--detect-local-mode', 'NodeCIDR'],
  ...['--iptables-min-sync-period', '0s', '--conntrack-max-per-core', '0'],
  ...['--healthz-port', '0', '--metrics-port', '0', '--nodeport-addresses', 'all'],
];

describe('an agent that follows an API server', () => {
  let folder: string;
  let server: TestApiServer;
  let agent: ReturnType<typeof startAgent>;
  let log = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'switchyard-api-'));
    await execa('ip', ['link', 'set', 'lo', 'up']);
    server = await createTestApiServer();
    server.put(nodeWith(CLUSTER_CIDR.IPv4));
    server.put(serviceObject('web'));
    server.put(sliceObject('web-1', 'web', 1));
    await writeFile(join(folder, 'kubeconfig'), server.kubeconfig());
    log = '';
    agent = startAgent(join(folder, 'kubeconfig'));
    agent.stderr.on('data', (text) => (log += String(text)));
    await untilProgrammed(`${podIp('IPv4', 1, 1)} . 8080`);
  });

  afterEach(async () => {
    agent.kill();
    await agent;
    await server.close();
    await execa(process.execPath, [MAIN, 'cleanup']);
    await rm(folder, { recursive: true, force: true });
  });

  function nodeWith(podCIDR: string): object {
    return { ...nodeObject('node-1'), spec: { podCIDRs: [podCIDR] } };
  }

  async function events(): Promise<readonly EventObject[]> {
    const response = await fetch(`${server.url}/apis/events.k8s.io/v1/events`);
    return ((await response.json()) as { items: EventObject[] }).items;
  }

  async function untilProgrammed(element: string): Promise<void> {
    await eventually(async () => (await rules()).includes(element));
  }

  async function rules(): Promise<string> {
    const { stdout } = await execa('nft', ['list', 'table', 'ip', 'switchyard'], { reject: false });
    return stdout;
  }

  it('programs a change that comes by the watch', async () => {
    server.put(sliceObject('web-1', 'web', 2));
    await untilProgrammed(`${podIp('IPv4', 1, 2)} . 8080`);
  });

  it('leaves the rules as they are while the server is away, says so, and catches up', async () => {
    const port = Number(new URL(server.url).port);
    const before = await rules();
    await server.close();
    await eventually(() => log.includes('the API server is away'));
    expect(await rules()).to.equal(before);
    expect(log).to.match(/is away.* viewAgeSeconds=\d+ /);

    server = await createTestApiServer({ port });
    server.put(nodeWith(CLUSTER_CIDR.IPv4));
    server.put(serviceObject('web'));
    server.put(sliceObject('web-1', 'web', 3));
    // Another server, whose versions are not those that the agent has seen.
    server.compact();
    await untilProgrammed(`${podIp('IPv4', 1, 3)} . 8080`);
    expect(await rules()).to.include(clusterIp('IPv4', 1));
  });

  it('says by an Event that it starts', async () => {
    await server.requests.until({ verb: 'create', resource: 'events' }, 1);
    await eventually(async () => (await events()).length > 0);
    expect((await events()).map(shortOf)).to.deep.equal(['Normal Starting Node node-1']);
  });

  it('says by an Event that a health-check node port is taken', async () => {
    const taken = createServer().listen(32_000, '127.0.0.1');
    const local = { type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const { spec, ...web } = serviceObject('web') as { spec: object };
    server.put({ ...web, spec: { ...spec, ...local, healthCheckNodePort: 32_000 } });
    await eventually(async () => (await events()).length > 1);
    taken.close();
    expect((await events()).map(shortOf)).to.include(
      'Warning FailedToStartServiceHealthcheck Service web',
    );
  });

  it('says by an Event that it cannot listen where it must, and ends with 1', async () => {
    const taken = createServer().listen(10_249, '127.0.0.1');
    await once(taken, 'listening');
    const flags = ['--bind-address-hard-fail', '--metrics-bind-address', '127.0.0.1:10249'];
    const second = await execa(
      process.execPath,
      [MAIN, 'run', '--kubeconfig', join(folder, 'kubeconfig'), ...FLAGS_OF_SECOND, ...flags],
      { reject: false },
    );
    taken.close();
    expect(second.exitCode).to.equal(1);
    expect((await events()).map(shortOf)).to.include(
      'Warning FailedToStartMetricServer Node node-2',
    );
  });

  it('ends with 1 when the pod networks by which it tells pods change, and leaves the rules', async () => {
    server.put(nodeWith('10.244.7.0/24'));
    const { exitCode } = await agent;
    expect(exitCode).to.equal(1);
    expect(log).to.include('spec.podCIDRs of this node changed');
    expect(await rules()).to.include(clusterIp('IPv4', 1));
  });

  it('ends with 2 when there is nothing to read from, and touches nothing', async () => {
    const { exitCode, stderr } = await execa(process.execPath, [MAIN, 'run'], { reject: false });
    expect(exitCode).to.equal(2);
    expect(stderr).to.include('--kubeconfig').and.not.include('kernel setting');
  });
});

// --- internal ---

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly regarding: { readonly kind: string; readonly name: string };
}

function shortOf({ type, reason, regarding: { kind, name } }: EventObject): string {
  return [type, reason, kind, name].join(' ');
}

const FLAGS_OF_SECOND = [
  ...['--hostname-override', 'node-2', '--conntrack-max-per-core', '0', '--healthz-port', '0'],
];

function startAgent(kubeconfig: string) {
  return execa(process.execPath, [MAIN, 'run', '--kubeconfig', kubeconfig, ...FLAGS], {
    reject: false,
  });
}
