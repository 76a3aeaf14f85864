import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createProgram } from '../../agent/cli/program.ts';
import { apiKinds } from '../../agent/cluster/api/kinds.ts';
import { loadConfig } from '../../agent/config/load.ts';
import { DEFAULTS } from '../../agent/config/schema.ts';
import {
  MANIFESTS,
  containersOf,
  daemonSetAmong,
  objectsIn,
  type ApiObject,
  type Container,
} from './support/objects.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const DAEMON_SET = daemonSetAmong(objectsIn('base/daemonset.yaml'));
const POD = DAEMON_SET.spec.template.spec;
const [AGENT] = POD.containers as [Container];
const [INIT] = POD.initContainers as [Container];

describe('the DaemonSet', () => {
  it('gives the agent one capability, and nothing to gain more with', () => {
    expect(AGENT.securityContext).to.deep.equal({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] },
    });
    expect(POD).to.deep.include({
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
    });
  });

  it('is privileged only where the kernel is set up, once', () => {
    expect(INIT.securityContext).to.deep.equal({ privileged: true, readOnlyRootFilesystem: true });
    expect(INIT.args?.slice(0, 2)).to.deep.equal(['run', '--init-only']);
  });

  it('needs neither the DNS nor the environment variables of Services', () => {
    expect(POD).to.include({ dnsPolicy: 'Default', enableServiceLinks: false });
  });

  it('asks for resources and limits none', () => {
    for (const { resources } of containersOf(DAEMON_SET)) {
      expect(resources?.requests).to.have.keys('cpu', 'memory');
      expect(resources).not.to.have.property('limits');
    }
  });

  it('starts what the image starts, with flags that there are', () => {
    for (const { command, args = [] } of containersOf(DAEMON_SET)) {
      expect(command, "the image's entry point is the program").to.equal(undefined);
      const [name, ...flags] = args;
      const known = createProgram().commands.find((each) => each.name() === name);
      const names = known?.options.map(({ long }) => long);
      expect(names).to.include.members(flags.map((flag) => flag.replace(/=.*/, '')));
    }
  });

  it('expands only variables that it sets', () => {
    for (const { args = [], env = [] } of containersOf(DAEMON_SET)) {
      const used = [...args.join(' ').matchAll(/\$\((\w+)\)/g)].map(([, name]) => name);
      expect(env.map(({ name }) => name)).to.include.members(used);
    }
  });

  it('asks for health where the agent listens by default', () => {
    const port = Number(/:(\d+)$/.exec(DEFAULTS.healthzBindAddress)?.[1]);
    expect(AGENT.livenessProbe?.httpGet).to.deep.equal({ path: '/livez', port });
    expect(AGENT.readinessProbe?.httpGet).to.deep.equal({ path: '/readyz', port });
  });

  it('reads the configuration where it is mounted', () => {
    const [mount] = AGENT.volumeMounts ?? [];
    expect(mount).to.include({ name: 'config', readOnly: true });
    expect(AGENT.args).to.include(`--config=${mount?.mountPath ?? ''}/config.yaml`);
  });
});

describe('the configuration in the ConfigMap', () => {
  it('is one that the agent takes, every word of it', () => {
    const file = join(MANIFESTS, 'base/config.yaml');
    expect(readFileSync(file, 'utf8')).to.match(/^kind: KubeProxyConfiguration$/m);
    const { config, warnings } = loadConfig({ flags: { config: file } });
    expect(config.mode).to.equal('nftables');
    expect(warnings).to.deep.equal([]);
  });
});

describe('the ClusterRole', () => {
  const [role, binding] = objectsIn('base/role.yaml') as [
    ApiObject & { readonly rules: readonly Rule[] },
    ApiObject & { readonly roleRef: unknown; readonly subjects: readonly unknown[] },
  ];

  it('allows what the agent does, and nothing else', () => {
    const read = apiKinds('node-1').flatMap(({ places }) => {
      return places.map(({ api, resource }) => `${groupOf(api)}/${resource}`);
    });
    const wanted = new Set([
      // A get reads an object again whose event could not be parsed.
      ...read.flatMap((resource) => ['get', 'list', 'watch'].map((verb) => `${verb} ${resource}`)),
      'create events.k8s.io/events',
      'patch events.k8s.io/events',
    ]);
    expect(new Set(role.rules.flatMap(permissionsOf))).to.deep.equal(wanted);
  });

  it('is bound to the account that the DaemonSet uses', () => {
    const [account] = objectsIn('base/service-account.yaml');
    expect(POD.serviceAccountName).to.equal(account?.metadata.name);
    expect(binding.roleRef).to.include({ kind: 'ClusterRole', name: role.metadata.name });
    expect(binding.subjects).to.deep.equal([
      { kind: 'ServiceAccount', name: account?.metadata.name, namespace: 'kube-system' },
    ]);
  });
});

/** `/apis/discovery.k8s.io/v1` is in the group discovery.k8s.io, `/api/v1` in the one without a name. */
function groupOf(api: string): string {
  return /^\/apis\/(.+)\//.exec(api)?.[1] ?? '';
}

function permissionsOf({ apiGroups, resources, verbs }: Rule): string[] {
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}`)),
  );
}
