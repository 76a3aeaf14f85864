import { expect } from 'chai';
import { OwnNodeError, podCidrChange, waitForOwnNode } from '../../../agent/cluster/own-node.ts';
import type { NodeFacts } from '../../../rules/services/types.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';
import { ManualClock } from './api/support/manual-clock.ts';

const NODE: NodeFacts = {
  name: 'node-1',
  zone: '',
  ips: [nodeIp('IPv4', 1)],
  podCIDRs: [CLUSTER_CIDR.IPv4],
  isEligible: true,
};

describe('waitForOwnNode', () => {
  let clock: ManualClock;
  let node: NodeFacts | undefined;

  beforeEach(() => {
    clock = new ManualClock();
    node = undefined;
  });

  function wait(needsPodCidrs: boolean, signal = new AbortController().signal) {
    const options = { nodeName: 'node-1', nodeObject: () => node, needsPodCidrs, clock };
    return waitForOwnNode(options, signal);
  }

  async function passSeconds(count: number): Promise<void> {
    for (let second = 0; second < count; second += 1) await clock.fire(1_000);
  }

  it('does not wait for what is there', async () => {
    node = NODE;
    expect(await wait(true)).to.equal(undefined);
  });

  it('goes on as soon as the addresses are there', async () => {
    const waiting = wait(false);
    await passSeconds(3);
    node = { ...NODE, podCIDRs: [] };
    await passSeconds(1);
    expect(await waiting).to.equal(undefined);
  });

  it('goes on with a warning after 30 s without a Node', async () => {
    const waiting = wait(false);
    await passSeconds(30);
    expect(await waiting)
      .to.include('there is no Node node-1')
      .and.include('--hostname-override');
  });

  it('goes on with a warning after 30 s without an address', async () => {
    node = { ...NODE, ips: [] };
    const waiting = wait(false);
    await passSeconds(30);
    expect(await waiting).to.include('it has no address');
  });

  it('waits longer for pod networks that are needed', async () => {
    node = { ...NODE, podCIDRs: [] };
    const waiting = wait(true);
    await passSeconds(299);
    node = NODE;
    await passSeconds(1);
    expect(await waiting).to.equal(undefined);
  });

  for (const { name, given, seconds, expected } of [
    { name: 'a Node', given: undefined, seconds: 330, expected: 'there is no Node node-1' },
    { name: 'a pod network', given: { ...NODE, podCIDRs: [] }, seconds: 300, expected: 'podCIDRs' },
  ]) {
    it(`fails without ${name} when pod networks are needed`, async () => {
      node = given;
      const failed = wait(true).catch((reason: unknown) => reason);
      await passSeconds(seconds);
      const error = await failed;
      expect(error).to.be.instanceOf(OwnNodeError).with.property('message').that.includes(expected);
    });
  }

  it('stops when the signal aborts', async () => {
    const controller = new AbortController();
    const failed = wait(false, controller.signal).catch((reason: unknown) => reason);
    controller.abort(new Error('stopped'));
    expect(await failed).to.have.property('message', 'stopped');
    expect(clock.pending).to.deep.equal([]);
  });
});

describe('podCidrChange', () => {
  it('is none when nothing of the pod networks changed', () => {
    expect(podCidrChange(NODE, { ...NODE, zone: 'b' })).to.equal(undefined);
  });

  it('names both', () => {
    const error = podCidrChange(NODE, { ...NODE, podCIDRs: [] });
    expect(error).to.be.instanceOf(OwnNodeError);
    expect(error?.message).to.include(`from ${CLUSTER_CIDR.IPv4} to none`);
  });
});
