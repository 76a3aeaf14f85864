import { expect } from 'chai';
import { KernelError } from '../../../agent/kernel/kernel-error.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import { redirectedListenerId } from '../../../rules/userspace/service-listeners.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeSettings } from '../../rules/nftables/support/settings.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../../rules/services/builders.ts';
import { rejectionOf } from '../../support/rejection.ts';
import { ListenerStage } from './support/listener-stage.ts';

const WEB = serviceKey('default', 'web');

/** A service port with so many endpoints. */
function web(count = 1): ServicePort {
  const cluster = Array.from({ length: count }, (_, index) => makeEndpoint(1, index + 1));
  return makeServicePort({
    endpoints: makeChosen({ cluster, all: cluster, hasAny: count > 0 }),
  });
}

const ID = redirectedListenerId(web(), 'cluster');

describe('ListenerSync', () => {
  it('listens, and has rules lead there', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    expect(stage.listening).to.have.lengthOf(1).and.deep.equal(stage.ruled);
  });

  it('listens before rules lead there, and stops only when none does any more', async () => {
    const stage = new ListenerStage();
    const moments: string[] = [];
    stage.proxy.onApply = () => moments.push(`rules for ${stage.ruled.length}`);
    await stage.set(WEB, web());
    expect(moments[0]).to.equal('rules for 0');
    await stage.set(WEB);
    expect(moments.at(-1)).to.equal('rules for 0');
    expect(stage.listening).to.be.empty;
  });

  it('goes on listening while the rules that lead there could not be changed', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    stage.transport.failures.set('apply', ['timeout']);
    await rejectionOf(stage.set(WEB), KernelError);
    expect(stage.listening).to.have.lengthOf(1);
    await stage.sync.sync();
    expect(stage.listening).to.be.empty;
    expect(stage.ruled).to.be.empty;
  });

  it('leaves the rules alone when only endpoints change', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web(1));
    stage.transport.calls.length = 0;
    await stage.set(WEB, web(2));
    expect(stage.transport.calls).not.to.include('apply');
    expect(stage.proxy.listeners[0]?.endpoints).to.have.lengthOf(2);
  });

  it('tells of changed endpoints in the words of Services', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web(1));
    await stage.set(WEB, web(2));
    const applied = stage.applied.at(-1);
    expect(applied).to.include({ replaced: 1, table: 'keep' });
    const [section] = applied?.report() ?? [];
    expect(section?.title).to.equal('default/web:http');
    expect(section?.lines.join()).to.match(/^\+ endpoint \S+ \(listener \S+\/TCP\)$/);
  });

  it('takes another port where a stranger has the first', async () => {
    const stage = new ListenerStage();
    stage.known = [['tcp', ID, 20_007]];
    stage.proxy.taken.add(20_007);
    await stage.set(WEB, web());
    expect(stage.listening).to.have.lengthOf(1).and.deep.equal(stage.ruled);
    expect(stage.ruled[0]).not.to.include('20007');
  });

  it('refuses a Service whose listener cannot listen, and serves it once it can', async () => {
    const stage = new ListenerStage();
    for (let port = 20_000; port < 20_100; port++) stage.proxy.taken.add(port);
    await stage.set(WEB, web());
    expect(stage.ruled).to.be.empty;
    expect(stage.sync.quarantined).to.deep.equal([WEB]);
    const contents = stage.transport.kernel.found()?.contents;
    expect(contents?.get('no-endpoint-services')?.size).to.equal(1);
    stage.proxy.taken.clear();
    await stage.sync.verify();
    await stage.sync.sync();
    expect(stage.ruled).to.have.lengthOf(1);
    expect(stage.sync.quarantined).to.be.empty;
  });

  it('listens at the ports that rules lead to already, and says nothing of it', async () => {
    const first = new ListenerStage();
    await first.set(WEB, web());
    const next = new ListenerStage();
    next.transport.kernel = first.transport.kernel;
    next.known = [['tcp', ID, Number(first.ruled[0]?.split(' . ').at(-1))]];
    await next.set(WEB, web());
    expect(next.listening).to.deep.equal(first.ruled);
    expect(next.applied).to.be.empty;
  });

  it('keeps listening for a Service of which the kernel refuses the change', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    stage.transport.refuses = ({ collection }) => collection === 'service-ips';
    await stage.set(WEB);
    expect(stage.sync.quarantined).to.deep.equal([WEB]);
    expect(stage.listening).to.deep.equal(stage.ruled);
  });

  it("follows the node's IP", async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    stage.sync.configure(makeSettings('IPv4', { nodeIps: [nodeIp('IPv4', 2)] }));
    await stage.sync.sync();
    expect(stage.ruled).to.have.lengthOf(1).and.deep.equal(stage.listening);
    expect(stage.ruled[0]).to.include(nodeIp('IPv4', 2));
  });

  it('has rules and listeners of a service port in its inventory', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    const { inventory } = stage.sync;
    expect(inventory.services).to.deep.equal([WEB]);
    const lines = inventory.portsOf(WEB).flatMap((port) => port.lines);
    expect(lines.join('\n'))
      .to.include('-> tcp-endpoints-1')
      .and.match(/listener .* -> /);
  });

  it('leaves the other family to others', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, { ...web(), family: 'IPv6' });
    expect(stage.listening).to.be.empty;
  });

  it('holds new clients back before it stops, and the next one lets them in', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    const open = stage.transport.kernel.found()?.rulesId;
    await stage.sync.close();
    expect(stage.transport.kernel.found()?.rulesId).not.to.equal(open);
    const next = new ListenerStage();
    next.transport.kernel = stage.transport.kernel;
    await next.set(WEB, web());
    expect(next.transport.kernel.found()?.rulesId).to.equal(open);
  });

  it('stops all the same when new clients cannot be held back', async () => {
    const stage = new ListenerStage();
    await stage.set(WEB, web());
    stage.transport.failures.set('apply', ['timeout']);
    await stage.sync.close();
    expect(stage.listening).to.have.lengthOf(1);
  });

  it('gives what is under way a short while when it stops', async () => {
    const stage = new ListenerStage();
    await stage.sync.stop();
    expect(stage.proxy.stoppedAfterMs).to.be.within(1, 10_000);
  });
});
