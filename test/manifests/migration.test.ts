import { expect } from 'chai';
import {
  build,
  containersOf,
  daemonSetAmong,
  objectsIn,
  yamlIn,
  type DaemonSet,
} from './support/objects.ts';

/** The label by which nodes pass from one proxy to the other. */
const LABEL = { 'service-proxy': 'switchyard' };

/** Keeps a pod away from nodes with the label. */
const ELSEWHERE = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: 'service-proxy', operator: 'NotIn', values: ['switchyard'] }] },
      ],
    },
  },
};

/** What iptables takes while it works, for the whole node. */
const LOCK_VOLUME = {
  name: 'xtables-lock',
  hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' },
};

describe('on a node with the label', () => {
  it('there is no kube-proxy, once that is patched', () => {
    expect(yamlIn('overlays/kubeadm/kube-proxy-patch.yaml')).to.deep.equal({
      spec: { template: { spec: { affinity: ELSEWHERE } } },
    });
  });

  it("kube-proxy's rules can be removed", () => {
    const { spec } = daemonSetAmong(objectsIn('remove-kube-proxy-rules/daemonset.yaml')).spec
      .template;
    expect(spec.nodeSelector).to.deep.equal(LABEL);
    expect(spec.initContainers.map(({ command }) => command?.join(' '))).to.deep.equal([
      '/usr/local/bin/kube-proxy --cleanup',
    ]);
  });
});

describe('on a node without the label', () => {
  it("Switchyard's rules can be removed, with the agent's own privileges and what iptables-legacy wants", () => {
    const cleanup = daemonSetAmong(objectsIn('remove-switchyard-rules/daemonset.yaml'));
    const agent = daemonSetAmong(objectsIn('base/daemonset.yaml'));
    const { spec } = cleanup.spec.template;
    expect(spec.affinity).to.deep.equal(ELSEWHERE);
    expect(spec.initContainers.map(({ args }) => args)).to.deep.equal([['cleanup']]);
    expect(spec.initContainers.map(({ securityContext }) => securityContext)).to.deep.equal(
      agent.spec.template.spec.containers.map(({ securityContext }) => ({
        ...(securityContext as object),
        capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
      })),
    );
    expect(spec.volumes).to.deep.equal([LOCK_VOLUME]);
  });
});

describe('the overlay for kubeadm', () => {
  let daemonSet: DaemonSet;

  before('needs kubectl', async function () {
    const objects = await build('overlays/kubeadm');
    if (objects === undefined) this.skip();
    daemonSet = daemonSetAmong(objects);
  });

  it('runs on nodes with the label only', () => {
    expect(daemonSet.spec.template.spec.nodeSelector).to.deep.include(LABEL);
  });

  it("has kube-proxy's configuration and kubeconfig where kube-proxy has them", () => {
    expect(daemonSet.spec.template.spec.volumes).to.have.deep.members([
      { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
      LOCK_VOLUME,
    ]);
    for (const { args, volumeMounts } of containersOf(daemonSet)) {
      expect(args).to.include('--config=/var/lib/kube-proxy/config.conf');
      const files = (volumeMounts ?? []).filter(({ name }) => name !== LOCK_VOLUME.name);
      expect(files).to.deep.equal([
        { name: 'kube-proxy', mountPath: '/var/lib/kube-proxy', readOnly: true },
      ]);
    }
  });

  it("leaves the API server's address to that kubeconfig", () => {
    for (const { env = [] } of containersOf(daemonSet)) {
      expect(env.map(({ name }) => name)).to.deep.equal(['NODE_NAME']);
    }
  });
});

describe('the overlay for kind', () => {
  it("names the control plane's container of the cluster that kind-e2e makes", async function () {
    const objects = await build('overlays/kind');
    if (objects === undefined) this.skip();
    const address = objects.find(({ metadata }) => metadata.name === 'switchyard-api-server');
    expect(address).to.deep.include({ data: { host: 'switchyard-control-plane', port: '6443' } });
  });
});
