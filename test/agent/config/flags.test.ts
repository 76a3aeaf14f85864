import { expect } from 'chai';
import { IGNORED_FLAGS, ONE_SHOT_FLAGS, SETTING_FLAGS } from '../../../agent/config/flag-table.ts';
import { nameOf, oneShotOf } from '../../../agent/config/flags.ts';
import { CLUSTER_CIDR, nodeIp } from '../../support/addresses.ts';
import { configCommand, load, problemsOf } from './support.ts';

/** kube-proxy's flags: the behaviour document's section 7.2, without --version and its aliases. */
const KUBE_PROXY_FLAGS = [
  ...['--config', '--write-config-to', '--cleanup', '--init-only', '--feature-gates'],
  ...['--kubeconfig', '--master', '--kube-api-content-type', '--kube-api-burst', '--kube-api-qps'],
  ...['--hostname-override', '--bind-address', '--healthz-bind-address', '--metrics-bind-address'],
  ...['--bind-address-hard-fail', '--profiling', '--show-hidden-metrics-for-version'],
  ...['--proxy-mode', '--iptables-masquerade-bit', '--masquerade-all'],
  ...['--iptables-localhost-nodeports', '--iptables-sync-period', '--iptables-min-sync-period'],
  ...['--ipvs-sync-period', '--ipvs-min-sync-period', '--ipvs-scheduler', '--ipvs-exclude-cidrs'],
  ...['--ipvs-strict-arp', '--ipvs-tcp-timeout', '--ipvs-tcpfin-timeout', '--ipvs-udp-timeout'],
  ...['--detect-local-mode', '--pod-bridge-interface', '--pod-interface-name-prefix'],
  ...['--cluster-cidr', '--nodeport-addresses', '--oom-score-adj', '--conntrack-max-per-core'],
  ...['--conntrack-min', '--conntrack-tcp-timeout-established'],
  ...['--conntrack-tcp-timeout-close-wait', '--conntrack-tcp-be-liberal'],
  ...['--conntrack-udp-timeout', '--conntrack-udp-timeout-stream', '--config-sync-period'],
  ...['--healthz-port', '--metrics-port', '--proxy-port-range'],
  ...['--v', '--vmodule', '--logging-format', '--log-flush-frequency'],
];

describe('addConfigFlags', () => {
  const names = configCommand().options.map(({ long }) => long);

  it('knows every flag of kube-proxy', () => {
    expect(names).to.include.members(KUBE_PROXY_FLAGS);
  });

  it('knows no flag twice', () => {
    expect(new Set(names).size).to.equal(names.length);
  });

  it('shows the flags that are in use in the help, and no others', () => {
    const shown = configCommand().options.filter(({ hidden }) => !hidden);
    expect(shown.map(({ long }) => long)).to.deep.equal([
      '--config',
      '--master',
      ...SETTING_FLAGS.map(nameOf),
      ...Object.values(ONE_SHOT_FLAGS).map(nameOf),
    ]);
    for (const { long, description } of shown) expect(description, long).to.not.equal('');
  });

  it('lets commander refuse a flag that nobody knows', () => {
    expect(() => load(['--mode=nftables'])).to.throw("unknown option '--mode=nftables'");
  });
});

describe('the flags that set something', () => {
  const USERSPACE = load([]).config.userspace;
  const cases = [
    { argv: ['--kubeconfig=/etc/kubeconfig'], sets: { kubeconfig: '/etc/kubeconfig' } },
    { argv: ['--proxy-mode=nftables'], sets: { mode: 'nftables' } },
    { argv: ['--hostname-override', 'Node-1'], sets: { hostnameOverride: 'node-1' } },
    { argv: ['--bind-address', nodeIp('IPv6', 1)], sets: { bindAddress: nodeIp('IPv6', 1) } },
    {
      argv: [`--cluster-cidr=${CLUSTER_CIDR.IPv4},${CLUSTER_CIDR.IPv6}`],
      sets: { detectLocal: { mode: 'ClusterCIDR', cidrs: CLUSTER_CIDR } },
    },
    { argv: ['--detect-local-mode=NodeCIDR'], sets: { detectLocal: { mode: 'NodeCIDR' } } },
    {
      argv: ['--detect-local-mode=BridgeInterface', '--pod-bridge-interface=cni0'],
      sets: { detectLocal: { mode: 'BridgeInterface', interface: 'cni0' } },
    },
    {
      argv: ['--detect-local-mode=InterfaceNamePrefix', '--pod-interface-name-prefix=cali'],
      sets: { detectLocal: { mode: 'InterfaceNamePrefix', prefix: 'cali' } },
    },
    {
      argv: ['--nodeport-addresses=primary,192.168.50.1/24'],
      sets: { nodePortAddresses: { keywords: ['primary'], cidrs: ['192.168.50.0/24'] } },
    },
    {
      argv: ['--nodeport-addresses', 'localhost, ::/0', '--nodeport-addresses=localhost'],
      sets: { nodePortAddresses: { keywords: ['localhost'], cidrs: ['::/0'] } },
    },
    { argv: ['--masquerade-all'], sets: { masqueradeAll: true } },
    { argv: ['--masquerade-all=True'], sets: { masqueradeAll: true } },
    { argv: ['--masquerade-all=false'], sets: { masqueradeAll: false } },
    { argv: ['--masquerade-all', '--proxy-mode=nftables'], sets: { masqueradeAll: true } },
    { argv: ['--nftables-masquerade-bit=0'], sets: { masqueradeMark: 1 } },
    { argv: ['--nftables-masquerade-bit=31'], sets: { masqueradeMark: 0x8000_0000 } },
    {
      argv: ['--proxy-mode=iptables', '--iptables-masquerade-bit=15', '--iptables-variant=legacy'],
      sets: {
        mode: 'iptables',
        masqueradeMark: 0x8000,
        nodePortAddresses: { keywords: [], cidrs: [] },
        iptables: { variant: 'legacy', allowsLocalhostNodePorts: true },
      },
    },
    {
      argv: ['--iptables-localhost-nodeports=false'],
      sets: { iptables: { variant: 'auto', allowsLocalhostNodePorts: false } },
    },
    {
      argv: ['--userspace-redirect=none'],
      sets: { userspace: { ...USERSPACE, redirect: 'none' } },
    },
    {
      argv: ['--userspace-port-range=7000+9'],
      sets: {
        userspace: {
          ...USERSPACE,
          limits: { ...USERSPACE.limits, ports: { from: 7000, to: 7009 } },
        },
      },
    },
    {
      argv: ['--userspace-load-balancing=random'],
      sets: { userspace: { ...USERSPACE, loadBalancing: 'random' } },
    },
    { argv: ['--iptables-sync-period=1m30s'], sets: { syncPeriodMs: 90_000 } },
    { argv: ['--iptables-min-sync-period=250ms'], sets: { minSyncPeriodMs: 250 } },
    { argv: ['--iptables-min-sync-period=0s'], sets: { minSyncPeriodMs: 0 } },
    {
      argv: ['--healthz-bind-address=::', '--metrics-bind-address=[::1]:9000'],
      sets: {
        servers: {
          healthz: { ip: '::', port: 10256 },
          metrics: { ip: '::1', port: 9000 },
          isHardFail: false,
        },
      },
    },
    {
      argv: ['--healthz-port=0', '--metrics-port=0', '--bind-address-hard-fail'],
      sets: { servers: { healthz: undefined, metrics: undefined, isHardFail: true } },
    },
    { argv: ['--oom-score-adj=-500'], sets: { oomScoreAdj: -500 } },
    {
      argv: [
        ...['--conntrack-max-per-core=0', '--conntrack-min=1', '--conntrack-tcp-be-liberal'],
        ...['--conntrack-tcp-timeout-established=0s', '--conntrack-tcp-timeout-close-wait=30m'],
        ...['--conntrack-udp-timeout=30s', '--conntrack-udp-timeout-stream=3m'],
      ],
      sets: {
        conntrack: {
          maxPerCore: 0,
          min: 1,
          tcpEstablishedTimeout: 0,
          tcpCloseWaitTimeout: 1_800_000,
          tcpBeLiberal: true,
          udpTimeout: 30_000,
          udpStreamTimeout: 180_000,
        },
      },
    },
    { argv: ['-v', '4'], sets: { logging: { format: 'text', verbosity: 4 } } },
    { argv: ['-v4'], sets: { logging: { format: 'text', verbosity: 4 } } },
    { argv: ['-v=4'], sets: { logging: { format: 'text', verbosity: 4 } } },
    { argv: ['--v=4'], sets: { logging: { format: 'text', verbosity: 4 } } },
    { argv: ['--logging-format=json'], sets: { logging: { format: 'json', verbosity: 0 } } },
  ];
  for (const { argv, sets } of cases) {
    it(`${argv.join(' ')} sets ${Object.keys(sets).join()}`, () => {
      const { config, warnings } = load(argv);
      expect(config).to.deep.include(sets);
      expect(warnings).to.deep.equal([]);
    });
  }

  it('disable a server by port 0, whatever its address', () => {
    const { config } = load(['--healthz-port=0', '--healthz-bind-address=0.0.0.0']);
    expect(config.servers.healthz).to.equal(undefined);
  });

  it('warn of a port that is not 0, which has no effect', () => {
    const { config, warnings } = load(['--metrics-port=9000']);
    expect(config).to.deep.equal(load([]).config);
    expect(warnings).to.have.lengthOf(1);
    expect(warnings[0]).to.match(/^--metrics-port has an effect only as 0: /);
  });

  it('all have a case', () => {
    const given = cases.flatMap(({ argv }) => argv.map((arg) => arg.split('=')[0]));
    expect(given).to.include.members(SETTING_FLAGS.map(nameOf));
  });

  it('count as not given when they are empty, as templates leave them', () => {
    const argv = SETTING_FLAGS.map((flag) => `${nameOf(flag)}=`);
    expect(load(argv)).to.deep.equal(load([]));
  });
});

describe('flags with values that are wrong', () => {
  const cases = [
    { argv: ['--proxy-mode=ipvs'], expected: '"iptables"', got: '"ipvs"' },
    { argv: ['--hostname-override=$(NODE_NAME)'], expected: 'a node name', got: '"$(NODE_NAME)"' },
    { argv: ['--bind-address=localhost'], expected: 'an IP address', got: '"localhost"' },
    { argv: ['--cluster-cidr=10.0.0.0'], expected: 'a CIDR', got: '"10.0.0.0"' },
    { argv: ['--detect-local-mode=Bridge'], expected: '"BridgeInterface"', got: '"Bridge"' },
    { argv: ['--pod-bridge-interface=a b'], expected: 'an interface name', got: '"a b"' },
    { argv: ['--pod-interface-name-prefix=a"'], expected: 'an interface name', got: '"a\\""' },
    { argv: ['--nodeport-addresses=primary,secondary'], expected: 'a CIDR', got: '"secondary"' },
    { argv: ['--masquerade-all=yes'], expected: 'true or false', got: '"yes"' },
    { argv: ['--nftables-masquerade-bit=32'], expected: 'from 0 to 31', got: '32' },
    { argv: ['--iptables-masquerade-bit=32'], expected: 'from 0 to 31', got: '32' },
    { argv: ['--iptables-localhost-nodeports=no'], expected: 'true or false', got: '"no"' },
    { argv: ['--iptables-variant=nftables'], expected: '"legacy"', got: '"nftables"' },
    { argv: ['--nftables-masquerade-bit=0x1'], expected: 'from 0 to 31', got: '"0x1"' },
    { argv: ['--userspace-redirect=ipvs'], expected: '"auto" or "nftables"', got: '"ipvs"' },
    { argv: ['--userspace-port-range=0-9'], expected: 'a range of ports', got: '"0-9"' },
    { argv: ['--userspace-load-balancing=rr'], expected: '"round-robin"', got: '"rr"' },
    { argv: ['--iptables-sync-period=0s'], expected: 'a duration above 0s', got: '"0s"' },
    { argv: ['--iptables-sync-period=30'], expected: 'a duration', got: '"30"' },
    { argv: ['--iptables-min-sync-period=31s'], expected: 'at most syncPeriod, 30s', got: '"31s"' },
    { argv: ['--healthz-bind-address=:10256'], expected: 'an IP address and', got: '":10256"' },
    { argv: ['--metrics-bind-address=0'], expected: 'an IP address and a port', got: '"0"' },
    { argv: ['--bind-address-hard-fail=no'], expected: 'true or false', got: '"no"' },
    { argv: ['--oom-score-adj=1001'], expected: 'from -1000 to 1000', got: '1001' },
    { argv: ['--conntrack-max-per-core=-1'], expected: 'a whole number', got: '-1' },
    { argv: ['--conntrack-min=many'], expected: 'a whole number', got: '"many"' },
    { argv: ['--conntrack-tcp-timeout-established=24'], expected: 'a duration', got: '"24"' },
    { argv: ['--conntrack-tcp-timeout-close-wait=1d'], expected: 'a duration', got: '"1d"' },
    { argv: ['--conntrack-tcp-be-liberal=2'], expected: 'true or false', got: '"2"' },
    { argv: ['--conntrack-udp-timeout=30'], expected: 'a duration', got: '"30"' },
    { argv: ['--conntrack-udp-timeout-stream=-1s'], expected: 'a duration', got: '"-1s"' },
    { argv: ['--v=debug'], expected: 'a whole number', got: '"debug"' },
    { argv: ['--logging-format=xml'], expected: '"text" or "json"', got: '"xml"' },
  ];
  for (const { argv, expected, got } of cases) {
    it(`${argv.join(' ')} is one problem that names the flag and both sides`, () => {
      const problems = problemsOf(() => load(argv));
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(new RegExp(`^${argv[0]?.split('=')[0] ?? ''}: `));
      expect(problems[0]).to.include(expected);
      expect(problems[0]).to.match(/, got /);
      expect(problems[0]?.split(', got ')[1]).to.equal(got);
    });
  }

  it('all have a case', () => {
    const given = cases.flatMap(({ argv }) => argv.map((arg) => arg.split('=')[0]));
    // Any text may be a path.
    const flags = SETTING_FLAGS.filter(
      (flag) => flag.kind !== 'off' && nameOf(flag) !== '--kubeconfig',
    );
    expect(given).to.include.members(flags.map(nameOf));
  });

  for (const { mode, flag } of [
    { mode: 'BridgeInterface', flag: '--pod-bridge-interface' },
    { mode: 'InterfaceNamePrefix', flag: '--pod-interface-name-prefix' },
  ]) {
    it(`${mode} without ${flag} names the flag that is missing`, () => {
      const problems = problemsOf(() => load([`--detect-local-mode=${mode}`]));
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(new RegExp(`^${flag}: .*since detectLocalMode is ${mode}`));
    });
  }

  it('are all reported together', () => {
    const problems = problemsOf(() => load(['--v=x', '--bind-address=y', '--masquerade-all=z']));
    expect(problems).to.have.lengthOf(3);
  });
});

describe('kube-proxy flags that are not in use', () => {
  for (const flag of IGNORED_FLAGS) {
    const name = nameOf(flag);
    it(`${name} is accepted with one warning, whatever its value`, () => {
      const { config, warnings } = load([`${name}=1`]);
      expect(config).to.deep.equal(load([]).config);
      expect(warnings).to.have.lengthOf(1);
      expect(warnings[0]).to.match(
        new RegExp(`^${name} (is not in use yet|makes no sense here): .+`),
      );
    });
  }

  it('need no value where kube-proxy has a boolean', () => {
    const { warnings } = load(['--profiling', '--masquerade-all']);
    expect(warnings).to.have.lengthOf(1);
  });
});

describe('kube-proxy flags for a single task', () => {
  const taskOf = (...argv: string[]) =>
    oneShotOf(configCommand().parse(argv, { from: 'user' }).opts());

  const cases = [
    { argv: [], task: undefined },
    { argv: ['--init-only'], task: { kind: 'init-only' } },
    { argv: ['--init-only=true'], task: { kind: 'init-only' } },
    { argv: ['--init-only=false'], task: undefined },
    { argv: ['--cleanup'], task: { kind: 'cleanup' } },
    { argv: ['--cleanup=false'], task: undefined },
    { argv: ['--write-config-to=a'], task: { kind: 'write-config', file: 'a' } },
    { argv: ['--write-config-to='], task: undefined },
    // kube-proxy's order.
    {
      argv: ['--init-only', '--cleanup', '--write-config-to', 'a'],
      task: { kind: 'write-config', file: 'a' },
    },
    { argv: ['--init-only', '--cleanup'], task: { kind: 'cleanup' } },
  ];
  for (const { argv, task } of cases) {
    it(`ask for ${task?.kind ?? 'nothing'}: ${argv.join(' ')}`, () => {
      expect(taskOf(...argv)).to.deep.equal(task);
    });
  }

  it('leave the configuration alone', () => {
    expect(load(['--cleanup', '--init-only', '--write-config-to=a'])).to.deep.equal(load([]));
  });
});
