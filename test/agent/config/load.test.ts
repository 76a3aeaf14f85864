import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigError } from '../../../agent/config/config-error.ts';
import { loadConfig } from '../../../agent/config/load.ts';
import { DEFAULTS } from '../../../agent/config/schema.ts';
import { CLUSTER_CIDR } from '../../support/addresses.ts';
import { HEADER, load, loadFile, problemsOf } from './support.ts';

const KUBEADM_FILE = join(import.meta.dirname, 'kubeadm.yaml');

describe('a configuration of nothing', () => {
  const { config, warnings } = load([]);

  it('has the defaults', () => {
    expect(config).to.deep.equal({
      mode: 'nftables',
      hostnameOverride: '',
      kubeconfig: '',
      bindAddress: '0.0.0.0',
      masqueradeAll: false,
      masqueradeMark: 0x4000,
      detectLocal: { mode: 'ClusterCIDR', cidrs: {} },
      nodePortAddresses: { keywords: ['primary'], cidrs: [] },
      iptables: { variant: 'auto', allowsLocalhostNodePorts: true },
      syncPeriodMs: 30_000,
      minSyncPeriodMs: 1000,
      servers: {
        healthz: { ip: '0.0.0.0', port: 10256 },
        metrics: { ip: '127.0.0.1', port: 10249 },
        isHardFail: false,
      },
      conntrack: DEFAULTS.conntrack,
      userspace: {
        redirect: 'auto',
        loadBalancing: 'round-robin',
        limits: {
          ports: { from: 20_000, to: 29_999 },
          drainMs: 300_000,
          tcpIdleMs: 86_400_000,
          udpIdleMs: 30_000,
        },
      },
      oomScoreAdj: -999,
      logging: { format: 'text', verbosity: 0 },
      file: DEFAULTS,
    });
  });

  it('is the same from a file', () => {
    expect(loadFile('').config).to.deep.equal(config);
  });

  it('warns of nothing', () => {
    expect(warnings).to.deep.equal([]);
    expect(loadFile('').warnings).to.deep.equal([]);
  });

  it('is what an empty --config means', () => {
    expect(load(['--config='])).to.deep.equal(load([]));
  });
});

describe("kubeadm's configuration file", () => {
  const { config, warnings } = loadConfig({ flags: { config: KUBEADM_FILE } });

  it('differs from the defaults only in what it sets', () => {
    const defaults = load([]).config;
    expect(config).to.deep.equal({
      ...defaults,
      detectLocal: { mode: 'ClusterCIDR', cidrs: { IPv4: CLUSTER_CIDR.IPv4 } },
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
      file: {
        ...defaults.file,
        clusterCIDR: [CLUSTER_CIDR.IPv4],
        clientConnection: {
          ...defaults.file.clientConnection,
          kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
        },
      },
    });
  });

  it('warns of nothing', () => {
    expect(warnings).to.deep.equal([]);
  });

  it('takes the host name from the command line, as in kubeadm DaemonSets', () => {
    const loaded = loadConfig({ flags: { config: KUBEADM_FILE, hostnameOverride: 'Node-1' } });
    expect(loaded.config.hostnameOverride).to.equal('node-1');
    expect(loaded.warnings).to.deep.equal(warnings);
  });
});

describe('a configuration file', () => {
  it('sets everything that is in use', () => {
    const { config, warnings } = loadFile(`
mode: nftables
hostnameOverride: Node-2
bindAddress: "::"
clusterCIDR: 10.244.0.0/16,fd00:10:244::/48
nodePortAddresses: [all, 10.0.0.1/8]
nftables: {masqueradeBit: 31, masqueradeAll: true, syncPeriod: 1h, minSyncPeriod: 250ms}
logging: {format: json, verbosity: 2}
`);
    expect(config).to.deep.include({
      hostnameOverride: 'node-2',
      bindAddress: '::',
      detectLocal: { mode: 'ClusterCIDR', cidrs: CLUSTER_CIDR },
      nodePortAddresses: { keywords: ['all'], cidrs: ['10.0.0.0/8'] },
      masqueradeMark: 0x8000_0000,
      masqueradeAll: true,
      syncPeriodMs: 3_600_000,
      minSyncPeriodMs: 250,
      logging: { format: 'json', verbosity: 2 },
    });
    expect(warnings).to.deep.equal([]);
  });

  it('may be JSON', () => {
    const file = { apiVersion: 'kubeproxy.config.k8s.io/v1alpha1', kind: 'KubeProxyConfiguration' };
    const text = JSON.stringify({ ...file, nftables: { masqueradeAll: true } });
    expect(load(['--config', 'kube-proxy.json'], text).config.masqueradeAll).to.equal(true);
  });

  it('cannot say zero where kube-proxy takes it for "not set"', () => {
    const { config } = loadFile('nftables: {syncPeriod: 0s, minSyncPeriod: 0s}\n');
    expect(config.minSyncPeriodMs).to.equal(1000);
    expect(config.syncPeriodMs).to.equal(30_000);
  });

  it('can say zero elsewhere', () => {
    const { config } = loadFile('conntrack: {maxPerCore: 0, tcpCloseWaitTimeout: 0s}\n');
    expect(config.file.conntrack.maxPerCore).to.equal(0);
    expect(config.file.conntrack.tcpCloseWaitTimeout).to.equal(0);
  });

  it("gives the servers' addresses a port, and the family of the bind address", () => {
    expect(loadFile('').config.file).to.include({
      healthzBindAddress: '0.0.0.0:10256',
      metricsBindAddress: '127.0.0.1:10249',
    });
    expect(loadFile('bindAddress: "::"\n').config.file).to.include({
      healthzBindAddress: '[::]:10256',
      metricsBindAddress: '[::1]:10249',
    });
    expect(loadFile('healthzBindAddress: 127.0.0.1\n').config.file.healthzBindAddress).to.equal(
      '127.0.0.1:10256',
    );
  });

  it('loses to the flags for the host name and for logging', () => {
    const { config, warnings } = loadFile(
      'hostnameOverride: a\nlogging: {format: text, verbosity: 1}\n',
      ...['--hostname-override=b', '--logging-format=json', '-v=0'],
    );
    expect(config.hostnameOverride).to.equal('b');
    expect(config.logging).to.deep.equal({ format: 'json', verbosity: 0 });
    expect(warnings).to.deep.equal([]);
  });

  it('wins over other flags, with a warning for each', () => {
    const { config, warnings } = loadFile(
      'nftables: {masqueradeAll: false}\n',
      ...['--masquerade-all', '--cluster-cidr=10.0.0.0/8'],
    );
    expect(config.masqueradeAll).to.equal(false);
    expect(config.detectLocal).to.deep.equal({ mode: 'ClusterCIDR', cidrs: {} });
    expect(warnings).to.deep.equal([
      '--cluster-cidr is ignored because --config is given: set clusterCIDR in the file',
      '--masquerade-all is ignored because --config is given: set nftables.masqueradeAll in the file',
    ]);
  });

  it('does not take an empty host name flag for an override', () => {
    expect(
      loadFile('hostnameOverride: a\n', '--hostname-override=').config.hostnameOverride,
    ).to.equal('a');
  });
});

describe('a configuration file that is wrong', () => {
  const file = 'kube-proxy.yaml';
  const unknown = 'unknown field; remove it or correct its name';
  const cases = [
    {
      name: 'a value out of range',
      text: 'iptables:\n  masqueradeBit: 32\n',
      problems: [`${file}:4: iptables.masqueradeBit: expected a whole number from 0 to 31, got 32`],
    },
    {
      name: 'an unknown field',
      text: 'masquerade: true\n',
      problems: [`${file}:3: masquerade: ${unknown}`],
    },
    {
      name: 'an unknown field in a section, even when it is null',
      text: 'nftables:\n  chains: null\n',
      problems: [`${file}:4: nftables.chains: ${unknown}`],
    },
    {
      name: 'a field in the wrong case',
      text: 'clusterCidr: 10.0.0.0/8\nnftables: {masqueradebit: 1}\n',
      problems: [
        `${file}:4: nftables.masqueradebit: unknown field; write it "masqueradeBit"`,
        `${file}:3: clusterCidr: unknown field; write it "clusterCIDR"`,
      ],
    },
    {
      name: 'fields with the names of what every object has',
      text: '__proto__: {a: 1}\nconstructor: 1\n"a b": 1\n',
      problems: [
        `${file}:3: __proto__: ${unknown}`,
        `${file}:4: constructor: ${unknown}`,
        `${file}:5: "a b": ${unknown}`,
      ],
    },
    {
      name: 'a field that is there twice',
      text: 'mode: nftables\nnftables:\n  masqueradeAll: true\n  masqueradeAll: true\n',
      problems: [`${file}:6: nftables.masqueradeAll: is set a second time; keep one`],
    },
    {
      name: 'a section that is no map',
      text: 'nftables: on\nlogging: [1]\n',
      problems: [
        `${file}:4: logging: expected a map of fields, got a list`,
        `${file}:3: nftables: expected a map of fields, got "on"`,
      ],
    },
    {
      name: 'a list that is none',
      text: 'nodePortAddresses: primary\n',
      problems: [`${file}:3: nodePortAddresses: expected a list, got "primary"`],
    },
    {
      name: 'an entry of a list',
      text: 'nodePortAddresses:\n- primary\n- secondary\n',
      problems: [
        `${file}:5: nodePortAddresses[1]: expected a CIDR, "primary", "localhost" or "all", got "secondary"`,
      ],
    },
    {
      name: 'a feature gate that is no boolean',
      text: 'featureGates:\n  Some: 1\n',
      problems: [`${file}:4: featureGates.Some: expected true or false, got 1`],
    },
    {
      name: 'a duration that is a number',
      text: 'configSyncPeriod: 900\n',
      problems: [
        `${file}:3: configSyncPeriod: expected a duration above 0s, such as "250ms" or "1m30s", got 900`,
      ],
    },
    {
      name: 'a number that is infinite',
      text: 'clientConnection: {qps: .inf}\n',
      problems: [`${file}:3: clientConnection.qps: expected a number, got Infinity`],
    },
    {
      name: 'a shortest sync period above the sync period',
      text: 'nftables: {syncPeriod: 1s, minSyncPeriod: 2s}\n',
      problems: [
        `${file}:3: nftables.minSyncPeriod: expected a duration of at most syncPeriod, 1s, got "2s"`,
      ],
    },
    {
      name: 'a local mode without its interface',
      text: 'detectLocalMode: BridgeInterface\n',
      problems: [
        `${file}:1: detectLocal.bridgeInterface: expected an interface name: at most 15 characters, ` +
          'without spaces, quotes, "/", ":", "*" or "\\", since detectLocalMode is BridgeInterface, got ""',
      ],
    },
    ...['ipvs', 'kernelspace', 'NFTables'].map((mode) => ({
      name: `the mode ${mode}`,
      text: `mode: ${mode}\n`,
      problems: [
        `${file}:3: mode: expected "nftables" or "iptables" or "userspace" (no other mode is available in this version), got "${mode}"`,
      ],
    })),
    {
      name: 'half of a file',
      text: 'nodePortAddresses: [primary,\n',
      problems: [
        `${file}:4: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]`,
      ],
    },
  ];
  for (const { name, text, problems } of cases) {
    it(`is refused for ${name}`, () => {
      expect(problemsOf(() => loadFile(text))).to.deep.equal(problems);
    });
  }

  it('is refused for all of it at once, the flags that win included', () => {
    const text = 'mode: nftables\nmode: ipvs\nnope: 1\nlogging: {format: xml}\n';
    const problems = problemsOf(() => loadFile(text, '--v=x'));
    expect(problems.map((problem) => problem.split(': ', 2).join(': '))).to.deep.equal([
      `${file}:4: mode`,
      `${file}:6: logging.format`,
      '--v: expected a whole number from 0 to 2147483647, got "x"',
      `${file}:4: mode`,
      `${file}:5: nope`,
    ]);
  });

  it('is refused for a section that is no map even if a flag sets a field of it', () => {
    expect(problemsOf(() => loadFile('logging: [1]\n', '-v=2'))).to.deep.equal([
      `${file}:3: logging: expected a map of fields, got a list`,
    ]);
  });

  const headers = [
    { name: 'nothing', text: '', problems: [`${file}:1: expected a map of fields, got nothing`] },
    {
      name: 'a list',
      text: '- a\n',
      problems: [`${file}:1: expected a map of fields, got a list`],
    },
    {
      name: 'another kind, without a word on its fields',
      text: 'apiVersion: v1\nkind: ConfigMap\ndata: {}\n',
      problems: [
        `${file}:1: apiVersion: expected "kubeproxy.config.k8s.io/v1alpha1", got "v1"`,
        `${file}:2: kind: expected "KubeProxyConfiguration", got "ConfigMap"`,
      ],
    },
    {
      name: 'another version',
      text: HEADER.replace('v1alpha1', 'v1alpha2'),
      problems: [
        `${file}:1: apiVersion: expected "kubeproxy.config.k8s.io/v1alpha1", got "kubeproxy.config.k8s.io/v1alpha2"`,
      ],
    },
    {
      name: 'no kind',
      text: 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\n',
      problems: [`${file}:1: kind: expected "KubeProxyConfiguration", got nothing`],
    },
    {
      name: 'an alias of nothing',
      text: 'kind: *x\n',
      problems: [
        `${file}: not valid YAML: Unresolved alias (the anchor must be set before the alias): x`,
      ],
    },
  ];
  for (const { name, text, problems } of headers) {
    it(`is refused for being ${name}`, () => {
      expect(problemsOf(() => load(['--config', file], text))).to.deep.equal(problems);
    });
  }

  it('shows long values in part', () => {
    const [problem = ''] = problemsOf(() => loadFile(`bindAddress: ${'x'.repeat(1000)}\n`));
    expect(problem).to.have.length.below(150);
  });

  it('is named with the reason when it cannot be read', () => {
    const missing = join(import.meta.dirname, 'missing.yaml');
    const problems = problemsOf(() => loadConfig({ flags: { config: missing } }));
    expect(problems).to.have.lengthOf(1);
    expect(problems[0]).to.include(`cannot read the configuration file ${missing}: ENOENT`);
  });
});

describe('ConfigError', () => {
  it('is its only problem', () => {
    expect(new ConfigError(['a: wrong']).message).to.equal('a: wrong');
  });

  it('counts and lists several problems', () => {
    expect(new ConfigError(['a: wrong', 'b: wrong']).message).to.equal(
      '2 problems in the configuration:\n  a: wrong\n  b: wrong',
    );
  });
});

it('the fixture is the whole of a kubeadm file: every section is in it', () => {
  const { file } = load([]).config;
  // The last is a section of ours.
  const optional = ['windowsRunAsService', 'userspace'];
  const text = readFileSync(KUBEADM_FILE, 'utf8');
  for (const name of Object.keys(file).filter((key) => !optional.includes(key))) {
    expect(text).to.match(new RegExp(`^${name}:`, 'm'));
  }
});
