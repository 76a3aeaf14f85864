import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import { createMetrics } from '../../../agent/metrics/metrics.ts';
import { PacketMetrics, type PacketSource } from '../../../agent/metrics/packet-metrics.ts';
import type { PacketCount } from '../../../rules/iptables/counted-rules.ts';
import { rejectionOf } from '../../support/rejection.ts';

const INVALID = 'kubeproxy_iptables_ct_state_invalid_dropped_packets_total';
const LOCALHOST = 'kubeproxy_iptables_localhost_nodeports_accepted_packets_total';

type Counts = Partial<Record<PacketCount, number>>;

describe('metrics of packets', () => {
  it('are not there where nothing counts', async () => {
    const { samples } = setUp([{}, {}]);
    expect(await samples()).to.be.empty;
  });

  it('are those of both families together, each only where it is counted', async () => {
    const both = setUp([
      countsOf({ 'invalid dropped': 3, 'localhost accepted': 5 }),
      countsOf({ 'invalid dropped': 4 }),
    ]);
    expect(await both.samples()).to.deep.equal([`${INVALID} 7`, `${LOCALHOST} 5`]);
    const one = setUp([countsOf({ 'invalid dropped': 0 }), countsOf({})]);
    expect(await one.samples()).to.deep.equal([`${INVALID} 0`]);
  });

  it('stay as they were while the kernel cannot be asked', async () => {
    let answer = (): Promise<ReadonlyMap<PacketCount, number>> =>
      Promise.resolve(new Map([['invalid dropped' as const, 3]]));
    const { samples } = setUp([{ packetCounts: () => answer() }]);
    await samples();
    answer = () => Promise.reject(new KernelError('locked', 'somebody holds the lock'));
    expect(await samples()).to.deep.equal([`${INVALID} 3`]);
  });

  it('do not take a bug for an answer', async () => {
    const { samples } = setUp([{ packetCounts: () => Promise.reject(new RangeError('a bug')) }]);
    await rejectionOf(samples(), RangeError);
  });

  it('keep no answer waiting, and ask no second time meanwhile', async () => {
    let asked = 0;
    const never = (): Promise<never> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const { samples } = setUp([{ packetCounts: never }], () => Promise.resolve());
    expect(await samples()).to.be.empty;
    expect(await samples()).to.be.empty;
    expect(asked).to.equal(1);
  });
});

// --- internal ---

function countsOf(counts: Counts): PacketSource {
  const entries = Object.entries(counts) as [PacketCount, number][];
  return { packetCounts: () => Promise.resolve(new Map(entries)) };
}

/** Waits for an answer as long as it takes, where nothing else is said. */
function setUp(
  sources: readonly PacketSource[],
  wait: () => Promise<unknown> = () => new Promise(() => undefined),
) {
  const metrics = createMetrics();
  const packets = new PacketMetrics(metrics, sources, wait);
  const samples = async (): Promise<string[]> => {
    await packets.lookUp();
    const lines = (await metrics.text()).split('\n');
    return lines.filter((line) => /^kubeproxy_iptables_\w+_packets_total /.test(line));
  };
  return { samples };
}
