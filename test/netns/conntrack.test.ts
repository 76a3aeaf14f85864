import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import {
  CONNTRACK_DEFAULTS,
  createConntrackTable,
} from '../../agent/conntrack/conntrack-program.ts';
import { FlowCleaner } from '../../agent/conntrack/flow-cleaner.ts';
import type { FlowPath } from '../../rules/conntrack/flow-path.ts';
import { IP_FAMILIES, joinHostPort, type Ip } from '../../rules/ip.ts';
import type { Changes } from '../../rules/services/world.ts';
import { makeServicePort } from '../rules/services/builders.ts';
import { clientIp, clusterIp, podIp } from '../support/addresses.ts';
import { eventually } from '../support/eventually.ts';
import {
  addressOf,
  createUdpCluster,
  POD_PORT,
  type UdpCluster,
  type Way,
} from './support/udp-cluster.ts';

const WAYS: readonly Way[] = ['ClusterIP', 'NodePort', 'LoadBalancer'];

describe('a UDP client that keeps sending from one port', () => {
  let cluster: UdpCluster;
  let port = 40_000;

  before(async () => {
    cluster = await createUdpCluster();
    await cluster.serve([1]);
    await cluster.startAgent();
  });

  after(() => cluster.close());

  // A flow of its own for each test.
  beforeEach(() => {
    port += 1;
  });

  for (const family of IP_FAMILIES) {
    for (const way of WAYS) {
      it(`is moved from an endpoint that goes to the next one (${way}, ${family})`, async () => {
        await cluster.serve([1]);
        await cluster.askUntil(way, family, port, 'pod-1-1');
        await cluster.serve([2]);
        await cluster.askUntil(way, family, port, 'pod-1-2');
      });
    }

    it(`is refused when the last endpoint goes, and served when one comes (${family})`, async () => {
      await cluster.serve([1]);
      await cluster.askUntil('ClusterIP', family, port, 'pod-1-1');
      await cluster.serve([]);
      await eventually(async () => {
        return (await cluster.ask('ClusterIP', family, port)).outcome === 'rejected';
      });
      await cluster.serve([2]);
      await cluster.askUntil('ClusterIP', family, port, 'pod-1-2');
    });

    it(`reaches a Service that was deleted and made again with its address (${family})`, async () => {
      await cluster.serve([1]);
      await cluster.askUntil('ClusterIP', family, port, 'pod-1-1');
      await cluster.serve(undefined);
      await eventually(async () => {
        return (await cluster.ask('ClusterIP', family, port)).outcome !== 'answered';
      });
      await cluster.serve([2]);
      await cluster.askUntil('ClusterIP', family, port, 'pod-1-2');
    });
  }

  it('keeps a healthy endpoint when the agent restarts, and leaves a stale one', async () => {
    await cluster.serve([1]);
    await cluster.askUntil('ClusterIP', 'IPv4', port, 'pod-1-1');
    await cluster.serve([2]);
    await cluster.askUntil('ClusterIP', 'IPv4', port + 1, 'pod-1-2');
    await cluster.askUntil('ClusterIP', 'IPv4', port, 'pod-1-2');
    const healthy = await flowsFrom(port + 1);
    expect(healthy).to.have.length(1);
    await cluster.killAgent();
    await cluster.serve([2, 3]);
    await addFlow(port + 2, podIp('IPv4', 1, 1));
    await cluster.startAgent();
    await eventually(async () => (await flowsFrom(port + 2)).length === 0);
    expect(await flowsFrom(port + 1)).to.deep.equal(healthy);
    port += 2;
  });

  it('does not lose what is not stale: other endpoints, targets, protocols and zones', async () => {
    await cluster.serve([2]);
    await cluster.askUntil('ClusterIP', 'IPv4', port, 'pod-1-2');
    const gone = podIp('IPv4', 1, 1);
    const client = clientIp('IPv4', 1);
    const kept = [
      // To the pod itself, to a node port's number elsewhere, over TCP, in somebody else's zone.
      flowArguments({ to: gone, toPort: POD_PORT, by: gone, sourcePort: 50_001 }),
      flowArguments({ to: client, toPort: 30_053, by: client, sourcePort: 50_002 }),
      flowArguments({ by: gone, sourcePort: 50_003, protocol: 'tcp' }),
      [...flowArguments({ by: gone, sourcePort: 50_004 }), '-w', '7'],
    ];
    for (const args of kept) await cluster.node.exec('conntrack', args);
    await addFlow(50_005, gone);
    const keptPorts = [port, 50_001, 50_002, 50_003, 50_004];
    const before = await Promise.all(keptPorts.map(flowsFrom));
    expect(before.map((flows) => flows.length)).to.deep.equal([1, 1, 1, 1, 1]);

    await cluster.serve([2, 3]);
    port = await cluster.askAnewUntil('IPv4', port + 1, 'pod-1-3');
    await cluster.serve([2]);
    await cluster.askUntil('ClusterIP', 'IPv4', port, 'pod-1-2');
    expect(await flowsFrom(50_005)).to.deep.equal([]);
    expect(await Promise.all(keptPorts.map(flowsFrom))).to.deep.equal(before);
  });

  /** Makes conntrack track a flow of pod 4 by hand; by default it is one to the Service. */
  function flowArguments(flow: {
    readonly to?: Ip;
    readonly toPort?: number;
    readonly by: Ip;
    readonly sourcePort: number;
    readonly protocol?: 'tcp';
  }): string[] {
    const { to = addressOf('ClusterIP', 'IPv4'), toPort = 53, by, sourcePort, protocol } = flow;
    const client = podIp('IPv4', 1, 4);
    return [
      ...['-I', '-p', protocol ?? 'udp', '-t', '600'],
      ...(protocol === 'tcp' ? ['--state', 'ESTABLISHED'] : []),
      ...['-s', client, '--sport', String(sourcePort), '-d', to, '--dport', String(toPort)],
      ...['-r', by, '--reply-port-src', String(by === to ? toPort : POD_PORT)],
      ...['-q', client, '--reply-port-dst', String(sourcePort)],
    ];
  }

  async function addFlow(sourcePort: number, by: Ip): Promise<void> {
    await cluster.node.exec('conntrack', flowArguments({ by, sourcePort }));
  }

  async function flowsFrom(sourcePort: number): Promise<string[]> {
    const flows = await cluster.flows('IPv4');
    return flows.filter((flow) => flow.includes(` sport=${sourcePort} `));
  }
});

describe('a table of 50,000 flows', () => {
  const family = 'IPv4';
  const vip = clusterIp(family, 10);
  const [kept, gone] = [podIp(family, 1, 1), podIp(family, 1, 2)];

  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchyard-flows-'));
  });

  after(async () => {
    rmSync(folder, { recursive: true });
    await execa('conntrack', ['-F']);
  });

  it('loses its stale half by one removal a path, and nothing else', async () => {
    const flows = Array.from({ length: 50_000 }, (_, number) => {
      const source = [clientIp(family, 1 + (number % 50)), String(1024 + Math.floor(number / 50))];
      return flowLine(source, number % 2 === 0 ? kept : gone);
    });
    // Into this process's own network namespace, which is private.
    const file = join(folder, 'flows');
    writeFileSync(file, flows.join('\n'));
    await execa('conntrack', ['-R', file], { stdout: 'ignore' });
    const table = createConntrackTable(CONNTRACK_DEFAULTS);
    const removals: FlowPath[] = [];
    const results: number[] = [];
    const cleaner = new FlowCleaner({
      families: [family],
      table: {
        list: (...args) => table.list(...args),
        remove: (...args) => {
          removals.push(args[1]);
          return table.remove(...args);
        },
      },
      nodeAddresses: () => new Set(),
      observers: [{ cleaned: (_family, removed) => results.push(removed) }],
      now: () => performance.now(),
    });
    cleaner.started(changesTo(kept));
    cleaner.synced({ family, error: undefined });
    await cleaner.idle();
    expect(results).to.deep.equal([25_000]);
    expect(removals.map(({ replier }) => replier)).to.deep.equal([gone]);
    // Only these: other tests leave flows of their own in this namespace.
    const { stdout } = await execa('conntrack', ['-L', '-p', 'udp', '-d', vip]);
    expect(stdout.split('\n')).to.have.lengthOf(25_000);
  });

  function flowLine([ip = '', port = '']: readonly string[], by: Ip): string {
    return (
      `-I -p udp -t 600 -s ${ip} --sport ${port} -d ${vip} --dport 53 ` +
      `-r ${by} --reply-port-src ${POD_PORT} -q ${ip} --reply-port-dst ${port}`
    );
  }

  function changesTo(pod: Ip): Changes {
    const port = makeServicePort({
      protocol: 'udp',
      frontends: [{ kind: 'ClusterIP', ip: vip, protocol: 'udp', port: 53 }],
      servingUdp: [joinHostPort(pod, POD_PORT)],
    });
    const ports = new Map([[port.service, [port]]]);
    return { ports, nodeChanged: false, serviceCidrsChanged: false, recomputed: 1 };
  }
});

describe('an agent without the conntrack program', () => {
  let cluster: UdpCluster;
  let programs: string;

  before(async () => {
    programs = mkdtempSync(join(tmpdir(), 'switchyard-path-'));
    for (const name of ['ip', 'nft']) symlinkSync(pathOf(name), join(programs, name));
    cluster = await createUdpCluster();
    await cluster.serve([1]);
    await cluster.startAgent({ PATH: programs });
  });

  after(async () => {
    await cluster.close();
    rmSync(programs, { recursive: true });
  });

  it('says so once, and goes on; clients stay with an endpoint that is gone', async () => {
    await cluster.askUntil('ClusterIP', 'IPv4', 40_000, 'pod-1-1');
    await cluster.serve([2]);
    await cluster.askAnewUntil('IPv4', 40_001, 'pod-1-2');
    expect(await cluster.ask('ClusterIP', 'IPv4', 40_000)).to.include({ by: 'pod-1-1' });
    expect(
      cluster.log.match(/could not be removed family=IPv4 code=program-missing/g),
    ).to.have.length(1);
  });

  function pathOf(name: string): string {
    const folders = (process.env.PATH ?? '').split(':');
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found === undefined) throw new Error(`there is no program ${name}`);
    return found;
  }
});
