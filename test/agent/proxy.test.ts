import { expect } from 'chai';
import { pino } from 'pino';
import { ClusterView } from '../../agent/cluster/cluster-view.ts';
import type { AgentConfig } from '../../agent/config/agent-config.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { KernelError } from '../../agent/kernel/kernel-error.ts';
import type { Transport } from '../../agent/kernel/transport.ts';
import { createNftablesMode } from '../../agent/modes/nftables.ts';
import { Proxy } from '../../agent/proxy.ts';
import { IP_FAMILIES, type IpFamily } from '../../rules/ip.ts';
import { serviceKey } from '../../rules/services/keys.ts';
import type { Service } from '../../rules/services/types.ts';
import { makeService, makeSlice } from '../rules/services/builders.ts';
import { KernelModel } from '../rules/nftables/support/kernel-model.ts';
import { clusterIp, externalIp, nodeIp } from '../support/addresses.ts';
import { rejectionOf } from '../support/rejection.ts';
import { FakeTransport } from './sync/support/fake-transport.ts';

const WEB = serviceKey('default', 'web');
const VIP = `${clusterIp('IPv4', 1)} . tcp . 80`;

describe('proxy', () => {
  it('programs what the view has, and says what it did', async () => {
    const stage = createStage();
    stage.view.upsertSlice(makeSlice());
    stage.view.upsertService(makeService());
    await stage.proxy.sync();
    expect(stage.kernel('IPv4').get('service-ips', VIP)?.comment).to.equal('default/web:http');
    expect(stage.takeLog()).to.deep.equal([
      'info applied IPv4 create +4 ~0 -0',
      'info applied IPv6 create +0 ~0 -0',
    ]);
  });

  it('says how much of it was new, other and gone', async () => {
    const stage = await standing();
    stage.view.upsertSlice(makeSlice({ endpoints: [] }));
    await stage.proxy.sync();
    expect(stage.takeLog()).to.deep.equal(['info applied IPv4 keep +1 ~0 -3']);
  });

  it('names every change in the words of Services when it is asked for details', async () => {
    const stage = createStage({ level: 'debug' });
    stage.view.upsertService(makeService());
    await stage.proxy.sync();
    expect(stage.takeLog()).to.include(
      `debug changed IPv4 default/web:http: + ClusterIP ${clusterIp('IPv4', 1)}`,
    );
  });

  it('says nothing when nothing changes', async () => {
    const stage = await standing();
    stage.view.upsertService(makeService());
    await stage.proxy.sync();
    expect(stage.takeLog()).to.deep.equal([]);
  });

  it('leaves a family alone that the node does not have', async () => {
    const stage = createStage({ families: ['IPv4'] });
    await stage.proxy.sync();
    expect(stage.kernel('IPv4').found()).to.not.equal(undefined);
    expect(stage.transports.IPv6.calls).to.deep.equal([]);
  });

  it('follows the node and the ServiceCIDRs', async () => {
    const stage = await standing();
    const ip = nodeIp('IPv4', 1);
    stage.view.upsertNode({ name: 'node-1', zone: '', ips: [ip], podCIDRs: [], isEligible: true });
    await stage.proxy.sync();
    const nodePortCidrs = stage.kernel('IPv4').collections.get('nodeport-cidrs')?.keys() ?? [];
    expect([...nodePortCidrs]).to.deep.equal([ip]);
  });

  it('programs one family when the other one fails, and says which failed', async () => {
    const stage = createStage();
    stage.transports.IPv4.failures.set('readTable', ['not-permitted']);
    stage.view.upsertService(makeService());
    const error = await rejectionOf(stage.proxy.sync(), KernelError);
    expect(error.code).to.equal('not-permitted');
    expect(stage.takeLog()).to.have.members([
      'info applied IPv6 create +0 ~0 -0',
      'error sync failed IPv4 not-permitted',
    ]);
    await stage.proxy.sync();
    expect(stage.takeLog()).to.deep.equal(['info applied IPv4 create +2 ~0 -0']);
  });

  it('tells a bug from what a kernel may do', async () => {
    const stage = createStage();
    stage.transports.IPv6.readTable = () => Promise.reject(new RangeError('a bug'));
    await rejectionOf(stage.proxy.sync(), RangeError);
    expect(stage.takeLog()).to.include('error sync failed IPv6 bug');
  });

  it('names the Service that a kernel refuses, and programs the others', async () => {
    const stage = createStage();
    stage.transports.IPv4.refuses = ({ key }) => key === VIP;
    stage.view.upsertService(makeService());
    stage.view.upsertService(makeService({ name: 'shop', clusterIPs: [clusterIp('IPv4', 2)] }));
    await stage.proxy.sync();
    expect(stage.proxy.quarantined).to.deep.equal([WEB]);
    expect(stage.takeLog().filter((line) => line.startsWith('error'))).to.deep.equal([
      'error the kernel refused this Service: it stays as it was, the others go on IPv4 default/web',
    ]);
    const other = `${clusterIp('IPv4', 2)} . tcp . 80`;
    expect(stage.kernel('IPv4').get('no-endpoint-services', other)).to.not.equal(undefined);
  });

  describe('with Services that claim the same address', () => {
    const older = makeService({ externalIPs: [externalIp('IPv4', 1)] });
    const younger = (fields: Partial<Service> = {}): Service =>
      makeService({
        name: 'young',
        createdAtMs: 2,
        clusterIPs: [clusterIp('IPv4', 2)],
        externalIPs: [externalIp('IPv4', 1)],
        ...fields,
      });
    const conflict = /^warn conflict Service default\/young: .* belongs to default\/web:http/;

    it('says once who lost it', async () => {
      const stage = createStage();
      stage.view.upsertService(younger());
      stage.view.upsertService(older);
      await stage.proxy.sync();
      expect(stage.takeLog().filter((line) => conflict.test(line))).to.have.lengthOf(1);
      stage.view.upsertService(younger({ createdAtMs: 3 }));
      await stage.proxy.sync();
      expect(stage.takeLog().filter((line) => conflict.test(line))).to.deep.equal([]);
    });

    it('gives it to the other one when its owner goes, and takes it back when that returns', async () => {
      const stage = createStage();
      const owner = (): string | undefined =>
        stage.kernel('IPv4').get('no-endpoint-services', `${externalIp('IPv4', 1)} . tcp . 80`)
          ?.comment;
      stage.view.upsertService(younger());
      stage.view.upsertService(older);
      await stage.proxy.sync();
      expect(owner()).to.equal('default/web:http');
      stage.view.deleteService(WEB);
      await stage.proxy.sync();
      expect(owner()).to.equal('default/young:http');
      stage.takeLog();
      stage.view.upsertService(older);
      await stage.proxy.sync();
      expect(owner()).to.equal('default/web:http');
      expect(stage.takeLog()[0]).to.match(conflict);
    });
  });

  describe('that looks after its tables', () => {
    it('makes one anew that somebody removed', async () => {
      const stage = await standing({ syncPeriodMs: 0 });
      stage.transports.IPv4.kernel = new KernelModel();
      await stage.proxy.sync();
      expect(stage.takeLog()).to.deep.equal([
        'warn repairing the table IPv4',
        'info applied IPv4 create +4 ~0 -0',
      ]);
    });

    it('says so when it cannot look, and looks again with the next sync', async () => {
      const stage = await standing({ syncPeriodMs: 0 });
      stage.transports.IPv4.kernel = new KernelModel();
      stage.transports.IPv4.failures.set('isIntact', ['timeout']);
      await rejectionOf(stage.proxy.sync(), KernelError);
      expect(stage.takeLog()).to.deep.equal(['error sync failed IPv4 timeout']);
      await stage.proxy.sync();
      expect(stage.kernel('IPv4').found()).to.not.equal(undefined);
    });

    it('does not look more often than it should', async () => {
      const stage = await standing({ syncPeriodMs: 3_600_000 });
      await stage.proxy.sync();
      expect(stage.transports.IPv4.calls).to.not.include('isIntact');
    });
  });

  describe('that runs', () => {
    const stop = new AbortController();
    afterEach(() => {
      stop.abort();
    });

    it('syncs when it is asked to, until it is stopped', async () => {
      const stage = createStage({ minSyncPeriodMs: 0 });
      const { request, done } = stage.proxy.start(stop.signal);
      stage.view.upsertService(makeService());
      request();
      await stage.logged('info applied IPv6 create +0 ~0 -0');
      stage.view.upsertSlice(makeSlice());
      request();
      await stage.logged('info applied IPv4 keep +3 ~0 -1');
      stop.abort();
      await done;
      expect(stage.kernel('IPv4').get('service-ips', VIP)).to.not.equal(undefined);
    });
  });
});

// --- internal ---

interface Stage {
  readonly proxy: Proxy;
  readonly view: ClusterView;
  readonly transports: Readonly<Record<IpFamily, FakeTransport>>;
  kernel(family: IpFamily): KernelModel;
  /** The lines logged since the last call. */
  takeLog(): string[];
  /** Resolves when this line is logged. */
  logged(line: string): Promise<void>;
}

interface StageOptions extends Partial<Pick<AgentConfig, 'syncPeriodMs' | 'minSyncPeriodMs'>> {
  readonly families?: readonly IpFamily[];
  readonly level?: 'debug';
}

function createStage({ families = IP_FAMILIES, level, ...periods }: StageOptions = {}): Stage {
  const config = { ...loadConfig({ flags: {} }).config, ...periods };
  const view = new ClusterView(config, 'node-1', {
    changed: () => undefined,
    problem: () => undefined,
  });
  const transports = { IPv4: new FakeTransport(), IPv6: new FakeTransport() };
  let lines: string[] = [];
  let onLine: () => void = () => undefined;
  const log = pino(
    { base: null, timestamp: false, level: level ?? 'info' },
    {
      write: (json) => {
        lines.push(lineOf(JSON.parse(json) as LogFields));
        onLine();
      },
    },
  );
  return {
    proxy: new Proxy({ config, view, mode: createNftablesMode(both(transports)), families, log }),
    view,
    transports,
    kernel: (family) => transports[family].kernel,
    takeLog: () => lines.splice(0),
    logged: async (line) => {
      while (!lines.includes(line)) await new Promise<void>((resolve) => (onLine = resolve));
      lines = [];
    },
  };
}

/** default/web with one endpoint on this node, programmed; nothing recorded yet. */
async function standing(options: StageOptions = {}): Promise<Stage> {
  const stage = createStage(options);
  stage.view.upsertService(makeService());
  stage.view.upsertSlice(makeSlice());
  await stage.proxy.sync();
  stage.takeLog();
  stage.transports.IPv4.take();
  return stage;
}

/** One transport for both families. */
function both(transports: Readonly<Record<IpFamily, FakeTransport>>): Transport {
  return {
    readTable: (family) => transports[family].readTable(),
    readAffinity: (family) => transports[family].readAffinity(),
    isIntact: (family, id) => transports[family].isIntact(family, id),
    apply: (transaction, edits) => transports[transaction.family].apply(transaction, edits),
    collect: (transaction) => transports[transaction.family].collect(transaction),
    removeTable: (family) => transports[family].removeTable(),
  };
}

const LEVELS: Readonly<Record<number, string>> = {
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
};

/** What a log line consists of. */
type LogFields = Readonly<Record<string, string | number | undefined>>;

/** What a log line says, without what differs from run to run. */
function lineOf(fields: LogFields): string {
  const { level, msg, family, code, service, change, problem, table = 'keep' } = fields;
  const details =
    msg === 'applied'
      ? [
          family,
          table,
          `+${fields.added ?? '?'}`,
          `~${fields.replaced ?? '?'}`,
          `-${fields.removed ?? '?'}`,
        ]
      : [family, code, change === undefined ? service : `${service ?? '?'}: ${change}`, problem];
  return [LEVELS[Number(level)], msg, ...details.filter((each) => each !== undefined)].join(' ');
}
