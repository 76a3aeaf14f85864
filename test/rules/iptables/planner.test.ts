import { expect } from 'chai';
import type { Cidr } from '../../../rules/ip.ts';
import { LISTENER_COMMENT, serviceChain } from '../../../rules/iptables/names.ts';
import { LARGE_CLUSTER_ENDPOINTS } from '../../../rules/iptables/planner.ts';
import { changesOf, isEmptyTransaction } from '../../../rules/iptables/transaction.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import type { ListenerGuard } from '../../../rules/settings.ts';
import { podIp } from '../../support/addresses.ts';
import { makeEndpoint, makeServicePort } from '../services/builders.ts';
import { KernelModel } from './support/kernel-model.ts';
import { makeChainSettings, plannerOf, plannerWith, sync, textOf } from './support/planning.ts';

const PORT = portWith(2);
const CHAIN = serviceChain('KUBE-SVC-', PORT);
const EVERYWHERE = { nodePorts: { matchAll: true } } as const;

describe('the planner of iptables mode', () => {
  it('writes one chain for a changed endpoint', () => {
    const kernel = new KernelModel();
    const planner = plannerOf(portWith(2, 3));
    sync(planner, kernel);
    planner.setPorts(PORT.service, [portWith(2, 4)]);
    const { tables } = planner.plan();
    expect(tables.map(({ table }) => table)).to.eql(['nat']);
    expect(changesOf(planner.plan()).map(({ key }) => key)).to.eql([CHAIN]);
  });

  it('writes nothing when nothing changed', () => {
    const planner = plannerOf(PORT);
    sync(planner, new KernelModel());
    planner.setPorts(PORT.service, [PORT]);
    expect(isEmptyTransaction(planner.plan())).to.equal(true);
  });

  it('deletes the chains of a Service that goes in the restore that lets go of them', () => {
    const kernel = new KernelModel();
    const planner = plannerOf(PORT);
    sync(planner, kernel);
    planner.setPorts(PORT.service, []);
    const text = sync(planner, kernel);
    expect(text).to.include(`:${CHAIN} - [0:0]`).and.to.include(`-X ${CHAIN}`);
    expect(kernel.chains('nat').has(CHAIN)).to.equal(false);
  });

  it('puts a Service back to what was applied last', () => {
    const kernel = new KernelModel();
    const planner = plannerOf(portWith(1));
    sync(planner, kernel);
    planner.setPorts(PORT.service, [portWith(2)]);
    expect(planner.changedServices).to.eql([PORT.service]);
    planner.revert(PORT.service);
    expect(isEmptyTransaction(planner.plan())).to.equal(true);
  });

  it('takes over what kube-proxy left and deletes what nothing uses', () => {
    const kernel = new KernelModel();
    const stale = ['KUBE-SVC-AAAAAAAAAAAAAAAA', 'KUBE-SEP-BBBBBBBBBBBBBBBB'];
    kernel.restore(
      ['*nat', ':KUBE-SERVICES -', ...stale.map((name) => `:${name} -`)].join('\n') +
        `\n-A KUBE-SERVICES -j ${stale[0]}\n-A ${stale[0]} -j ${stale[1]}\n` +
        '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\nCOMMIT\n',
    );
    const planner = plannerOf(PORT);
    planner.adopt(kernel.save());
    const text = sync(planner, kernel);
    for (const name of stale) expect(text).to.include(`-X ${name}`);
    // The jump is as we would have written it.
    expect(text).not.to.include('-I PREROUTING');
    expect(kernel.chains('nat').get('PREROUTING')).to.have.length(1);
  });

  it('replaces a jump of another version, and leaves other rules of those chains alone', () => {
    const kernel = new KernelModel();
    const foreign = '-j SOMETHING-ELSE';
    kernel.restore(
      `*filter\n:KUBE-SERVICES -\n:SOMETHING-ELSE -\n-A OUTPUT -j KUBE-SERVICES\n-A OUTPUT ${foreign}\nCOMMIT\n`,
    );
    const planner = plannerOf(PORT);
    planner.adopt(kernel.save());
    sync(planner, kernel);
    const output = kernel.chains('filter').get('OUTPUT') ?? [];
    expect(output).to.include(foreign).and.not.to.include('-j KUBE-SERVICES');
    expect(output.filter((rule) => rule.endsWith('-j KUBE-SERVICES'))).to.have.length(1);
  });

  it('empties a chain that somebody else leads to, and deletes what that one led to', () => {
    const kernel = new KernelModel();
    kernel.restore(
      '*nat\n:KUBE-EXT-OLD -\n:KUBE-SVC-OLD -\n-A KUBE-EXT-OLD -j KUBE-SVC-OLD\n' +
        '-A OUTPUT -m comment --comment "sent \\"-j here\\"" -j KUBE-EXT-OLD\nCOMMIT\n',
    );
    const planner = plannerOf(PORT);
    planner.adopt(kernel.save());
    sync(planner, kernel);
    expect(kernel.chains('nat').get('KUBE-EXT-OLD')).to.eql([]);
    expect(kernel.chains('nat').has('KUBE-SVC-OLD')).to.equal(false);
    const next = plannerOf(PORT);
    next.adopt(kernel.save());
    expect(isEmptyTransaction(next.plan())).to.equal(true);
  });

  it('has its jumps in the order of kube-proxy', () => {
    const kernel = new KernelModel();
    sync(plannerOf(PORT), kernel);
    const targets = kernel
      .chains('filter')
      .get('FORWARD')
      ?.map((rule) => rule.split(' ').at(-1));
    expect(targets).to.eql([
      ...['KUBE-PROXY-FIREWALL', 'KUBE-FORWARD', 'KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES'],
    ]);
  });

  it('never deletes what it shares with kubelet', () => {
    const kernel = new KernelModel();
    const planner = plannerOf(PORT, makeChainSettings('IPv4', EVERYWHERE));
    sync(planner, kernel);
    const before = kernel.chains('filter').get('KUBE-FIREWALL');
    expect(before).to.have.length(1);
    planner.configure(
      makeChainSettings('IPv4', { ...EVERYWHERE, allowsLocalhostNodePorts: false }),
    );
    sync(planner, kernel);
    expect(kernel.chains('filter').get('KUBE-FIREWALL')).to.eql(before);
    expect(kernel.chains('filter').get('INPUT')).to.include('-j KUBE-FIREWALL');
    expect(isEmptyTransaction(planner.plan())).to.equal(true);
  });

  it('leaves comments of endpoints out of very large clusters', () => {
    const many = Array.from({ length: LARGE_CLUSTER_ENDPOINTS }, (_, i) => {
      return makeEndpoint(1 + Math.floor(i / 200), 1 + (i % 200));
    });
    const endpoints = { cluster: many, local: [], all: many, hasAny: true };
    const large = makeServicePort({ endpoints });
    const hasComments = (kernel: KernelModel): boolean =>
      kernel.chains('nat').get(CHAIN)?.at(-1)?.includes('--comment') === true;
    const kernel = new KernelModel();
    const planner = plannerOf(large);
    sync(planner, kernel);
    expect(hasComments(kernel)).to.equal(true);
    const one = makeServicePort({ ...PORT, service: 'default/other' as ServicePort['service'] });
    planner.setPorts(one.service, [{ ...one, displayName: 'default/other', frontends: [] }]);
    sync(planner, kernel);
    expect(hasComments(kernel)).to.equal(false);
  });

  it('says whose a chain and whose a rule is', () => {
    const planner = plannerOf(PORT);
    expect(planner.ownersOf('nat', CHAIN, undefined)).to.eql([PORT.service]);
    const rule = planner.sharesOf(PORT.service)[0]?.entries[0]?.rule;
    expect(planner.ownersOf('nat', 'KUBE-SERVICES', rule)).to.eql([PORT.service]);
    expect(planner.ownersOf('nat', 'KUBE-SERVICES', 'another')).to.be.empty;
  });

  it('matches an interface prefix as long as names may be without a wildcard', () => {
    for (const [prefix, match] of [
      ['cali', '! -i cali+ '],
      ['abcdefghijklmno', '! -i abcdefghijklmno '],
    ] as const) {
      const localDetector = { kind: 'interface-prefix', prefix } as const;
      const text = textOf(plannerOf(PORT, makeChainSettings('IPv4', { localDetector })));
      expect(text).to.include(match);
    }
  });

  it('counts the rules of a table', () => {
    const planner = plannerWith('IPv4', new Map());
    planner.plan();
    const before = planner.ruleCount('nat');
    planner.setPorts(PORT.service, [portWith(1, 2)]);
    planner.plan();
    // One that leads there, one for traffic from outside, one for each endpoint, one for a hairpin.
    expect(planner.ruleCount('nat') - before).to.equal(5);
  });
});

describe('the rules that guard listeners of the userspace proxy', () => {
  const guard = (listenerGuard: ListenerGuard, port = PORT): string =>
    textOf(plannerOf(port, makeChainSettings('IPv4', { listenerGuard })))
      .split('\n')
      .filter((line) => line.includes(LISTENER_COMMENT))
      .join('\n');

  it('refuse who was not translated, at each of them', () => {
    const rules = guard('translation', portWith(2, 3)).split('\n');
    expect(rules).to.have.lengthOf(2);
    for (const rule of rules) {
      expect(rule).to.match(/ -d \S+\/32 -p tcp .* ! --ctstate DNAT -m tcp --dport \d+ -j REJECT/);
    }
  });

  it('hold everybody back while the agent ends', () => {
    expect(guard('closed'))
      .to.match(/ --dport \d+ -j DROP$/)
      .and.not.include('ctstate');
  });

  it('are written anew when that begins, and nothing else is', () => {
    const kernel = new KernelModel();
    const planner = plannerOf(PORT, makeChainSettings('IPv4', { listenerGuard: 'translation' }));
    sync(planner, kernel);
    planner.configure(makeChainSettings('IPv4', { listenerGuard: 'closed' }));
    const keys = changesOf(planner.plan()).map(({ key }) => key);
    expect(keys).to.deep.equal(['KUBE-PROXY-FIREWALL']);
  });

  it('are not there for pods: of iptables mode, or those that SCTP goes to', () => {
    expect(textOf(plannerOf(PORT))).not.to.include(LISTENER_COMMENT);
    expect(guard('translation', { ...PORT, protocol: 'sctp' })).to.equal('');
  });
});

describe('the chains that are always there', () => {
  const rulesOf = (chain: string, settings: Parameters<typeof makeChainSettings>[1]): string[] => {
    const kernel = new KernelModel();
    sync(plannerWith('IPv4', new Map(), makeChainSettings('IPv4', settings)), kernel);
    return [...(kernel.chains('nat').get(chain) ?? kernel.chains('filter').get(chain) ?? [])];
  };

  it('serve node ports at every address but localhost, where that is not allowed', () => {
    const [rule, ...more] = rulesOf('KUBE-SERVICES', {
      ...EVERYWHERE,
      allowsLocalhostNodePorts: false,
    });
    expect(rule).to.match(/^! -d 127\.0\.0\.0\/8 .*--dst-type LOCAL -j KUBE-NODEPORTS$/);
    expect(more).to.be.empty;
  });

  it('serve node ports at localhost too, where that is allowed', () => {
    expect(rulesOf('KUBE-SERVICES', EVERYWHERE)[0]).to.match(/^-m comment .*-j KUBE-NODEPORTS$/);
  });

  it('keep localhost out of a network that holds it', () => {
    const nodePorts = { matchAll: false, cidrs: ['0.0.0.0/1' as Cidr] } as const;
    const rules = rulesOf('KUBE-SERVICES', { nodePorts, allowsLocalhostNodePorts: false });
    expect(rules[0]).to.equal('-d 127.0.0.0/8 -j RETURN');
    expect(rules[1]).to.match(/^-d 0\.0\.0\.0\/1 .*-j KUBE-NODEPORTS$/);
  });

  it('drop what belongs to no connection, unless conntrack is liberal', () => {
    const dropsInvalid = (rules: string[]): boolean =>
      rules.includes('-m conntrack --ctstate INVALID -j DROP');
    expect(dropsInvalid(rulesOf('KUBE-FORWARD', {}))).to.equal(true);
    expect(dropsInvalid(rulesOf('KUBE-FORWARD', { dropsInvalid: false }))).to.equal(false);
  });

  it('never serve node ports at ::1', () => {
    const kernel = new KernelModel();
    sync(plannerWith('IPv6', new Map(), makeChainSettings('IPv6', EVERYWHERE)), kernel);
    expect(kernel.chains('nat').get('KUBE-SERVICES')?.[0]).to.match(/^! -d ::1\/128 /);
    expect(kernel.chains('filter').has('KUBE-FIREWALL')).to.equal(false);
  });
});

// --- internal ---

/** The service port with one endpoint on each of these nodes. */
function portWith(...nodes: readonly number[]): ServicePort {
  const endpoints = nodes.map((node) => makeEndpoint(node, 1, { ip: podIp('IPv4', node, 1) }));
  return makeServicePort({
    endpoints: { cluster: endpoints, local: [], all: endpoints, hasAny: true },
  });
}
