import { expect } from 'chai';
import { ConntrackError } from '../../../agent/conntrack/conntrack-error.ts';
import { FlowCleaner } from '../../../agent/conntrack/flow-cleaner.ts';
import type { FlowTable } from '../../../agent/conntrack/flow-table.ts';
import { replierOf, type FlowPath } from '../../../rules/conntrack/flow-path.ts';
import { joinHostPort, type Ip, type IpFamily } from '../../../rules/ip.ts';
import type { ServiceKey } from '../../../rules/services/types.ts';
import type { Changes } from '../../../rules/services/world.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';
import { makeServicePort } from '../../rules/services/builders.ts';

const DNS = 'kube-system/dns' as ServiceKey;
const VIP = clusterIp('IPv4', 10);
const [POD_1, POD_2, POD_3] = [1, 2, 3].map((pod) => joinHostPort(podIp('IPv4', 1, pod), 53));
const ERROR = new ConntrackError('failed', 'it failed');

/** A table with these repliers of the ClusterIP; what is done with it waits when told to. */
class FakeTable implements FlowTable {
  repliers = new Set<string>();
  /** What was done, in order: `list`, `remove 10.244.1.2:53`. */
  readonly log: string[] = [];
  /** Awaited after a listing has shown its flows. */
  listing: Promise<void> = Promise.resolve();
  fails = false;

  async list(family: IpFamily, visit: (path: FlowPath) => void): Promise<void> {
    this.log.push(`list ${family}`);
    for (const replier of this.repliers) visit(pathTo(replier));
    await this.listing;
    if (this.fails) throw ERROR;
  }

  remove(_family: IpFamily, path: FlowPath): Promise<number> {
    const replier = replierOf(path);
    this.log.push(`remove ${replier}`);
    return Promise.resolve(Number(this.repliers.delete(replier)));
  }
}

function pathTo(replier: string): FlowPath {
  const [ip, port] = replier.split(':');
  return { destination: VIP, destinationPort: 53, replier: ip as Ip, replierPort: Number(port) };
}

function changesTo(...servingUdp: readonly (string | undefined)[]): Changes {
  const port = makeServicePort({
    protocol: 'udp',
    frontends: [{ kind: 'ClusterIP', ip: VIP, protocol: 'udp', port: 53 }],
    servingUdp: servingUdp.filter((id) => id !== undefined),
  });
  return {
    ports: new Map([[DNS, [port]]]),
    nodeChanged: false,
    serviceCidrsChanged: false,
    recomputed: 1,
  };
}

describe('the flow cleaner', () => {
  let table: FakeTable;
  let nowMs: number;
  let reports: string[];
  let cleaner: FlowCleaner;

  beforeEach(() => {
    table = new FakeTable();
    nowMs = 0;
    reports = [];
    cleaner = new FlowCleaner({
      families: ['IPv4'],
      table,
      nodeAddresses: () => new Set(),
      observers: [
        {
          cleaned: (family, removed) => reports.push(`cleaned ${family} ${removed}`),
          cleanFailed: (family, error) =>
            reports.push(`failed ${family} ${error === ERROR ? 'as expected' : String(error)}`),
        },
      ],
      now: () => nowMs,
    });
  });

  function sync(changes?: Changes, error?: Error): void {
    if (changes !== undefined) cleaner.started(changes);
    cleaner.synced({ family: 'IPv4', error });
  }

  it('removes stale flows after a sync, and tells', async () => {
    table.repliers = new Set([String(POD_1), String(POD_2)]);
    sync(changesTo(POD_2));
    await cleaner.idle();
    expect(table.log).to.deep.equal(['list IPv4', `remove ${POD_1}`]);
    expect(reports).to.deep.equal(['cleaned IPv4 1']);
  });

  it('does nothing before the kernel has the rules', async () => {
    sync(changesTo(POD_1), new Error('the sync failed'));
    await cleaner.idle();
    expect(table.log).to.deep.equal([]);
    sync();
    await cleaner.idle();
    expect(table.log).to.deep.equal(['list IPv4']);
  });

  it('does nothing when nothing changed', async () => {
    sync(changesTo(POD_1));
    await cleaner.idle();
    sync();
    sync();
    await cleaner.idle();
    expect(table.log).to.deep.equal(['list IPv4']);
  });

  it('looks again after the rules were repaired', async () => {
    sync(changesTo(POD_1));
    await cleaner.idle();
    cleaner.repairing('IPv4');
    sync();
    await cleaner.idle();
    expect(table.log).to.deep.equal(['list IPv4', 'list IPv4']);
  });

  it('makes one pass of all changes that come during one', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    table.listing = promise;
    sync(changesTo(POD_1));
    sync(changesTo(POD_2));
    sync(changesTo(POD_3));
    expect(table.log).to.deep.equal(['list IPv4']);
    resolve(undefined);
    await cleaner.idle();
    expect(table.log).to.deep.equal(['list IPv4', 'list IPv4']);
  });

  it('spares what became an endpoint again while it looked', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    table.listing = promise;
    table.repliers = new Set([String(POD_1)]);
    sync(changesTo(POD_2));
    cleaner.started(changesTo(POD_1, POD_2));
    resolve(undefined);
    await cleaner.idle();
    expect(table.repliers).to.deep.equal(new Set([POD_1]));
  });

  it('tries a failed pass again with a sync half a minute later', async () => {
    table.fails = true;
    table.repliers = new Set([String(POD_1)]);
    sync(changesTo(POD_2));
    await cleaner.idle();
    table.fails = false;
    nowMs = 29_999;
    sync(changesTo(POD_3));
    await cleaner.idle();
    expect(reports).to.deep.equal(['failed IPv4 as expected']);
    nowMs = 30_000;
    sync();
    await cleaner.idle();
    expect(reports).to.deep.equal(['failed IPv4 as expected', 'cleaned IPv4 1']);
  });

  it('starts nothing after it was stopped', async () => {
    await cleaner.stop();
    sync(changesTo(POD_1));
    await cleaner.idle();
    expect(table.log).to.deep.equal([]);
  });

  it('does not report that what was under way was stopped', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    table.listing = promise;
    table.fails = true;
    sync(changesTo(POD_1));
    const stopped = cleaner.stop();
    resolve(undefined);
    await stopped;
    expect(reports).to.deep.equal([]);
  });
});
