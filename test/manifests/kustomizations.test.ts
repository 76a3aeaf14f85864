import { expect } from 'chai';
import {
  KUSTOMIZATIONS,
  build,
  containersOf,
  daemonSetAmong,
  type ApiObject,
} from './support/objects.ts';
import { schemaProblems } from './support/api-schema.ts';

/** ConfigMaps that a folder uses and that somebody else makes. */
const FOREIGN_CONFIG_MAPS: Readonly<Record<string, readonly string[]>> = {
  // By the overlay.
  base: ['switchyard-api-server'],
  // By kubeadm.
  'overlays/kubeadm': ['kube-proxy'],
};

describe('the check against the API schema', () => {
  const pod = { apiVersion: 'v1', kind: 'Pod', spec: { hostNetwork: true } };

  it('takes what the API takes', () => {
    expect(schemaProblems(pod)).to.deep.equal([]);
  });

  for (const [spec, problem] of [
    [{ hostnetwork: true }, 'Pod.spec.hostnetwork: no such field in V1PodSpec'],
    [{ hostNetwork: 'yes' }, 'Pod.spec.hostNetwork: string, not boolean'],
    [{ containers: {} }, 'Pod.spec.containers: not a list'],
    [{ nodeSelector: { a: 1 } }, 'Pod.spec.nodeSelector.a: number, not string'],
    [{ containers: [{ nam: '' }] }, 'Pod.spec.containers[0].nam: no such field in V1Container'],
  ] as const) {
    it(`finds ${problem}`, () => {
      const changed = { ...pod, spec };
      expect(schemaProblems(changed)).to.deep.equal([problem]);
    });
  }
});

for (const folder of KUSTOMIZATIONS) {
  describe(`manifests/${folder}`, () => {
    let objects: ApiObject[];

    before('needs kubectl', async function () {
      const built = await build(folder);
      if (built === undefined) this.skip();
      objects = built;
    });

    it('has objects that the API knows, field by field', () => {
      expect(objects.flatMap(schemaProblems)).to.deep.equal([]);
    });

    it('puts everything that has a namespace into kube-system', () => {
      const namespaced = objects.filter(({ kind }) => !kind.startsWith('ClusterRole'));
      for (const { metadata } of namespaced) expect(metadata.namespace).to.equal('kube-system');
    });

    it('selects the pods that it makes', () => {
      const { selector, template } = daemonSetAmong(objects).spec;
      expect(template.metadata.labels).to.include(selector.matchLabels);
    });

    it('changes at most a tenth of the nodes at a time', () => {
      const { updateStrategy } = daemonSetAmong(objects).spec;
      expect(updateStrategy.rollingUpdate.maxUnavailable).to.match(/^([1-9]|10)%$/);
    });

    it('reaches every node: none is tainted so that the pod stays away', () => {
      const { spec } = daemonSetAmong(objects).spec.template;
      expect(spec).to.deep.include({
        tolerations: [{ operator: 'Exists' }],
        priorityClassName: 'system-node-critical',
        hostNetwork: true,
      });
    });

    it('mounts volumes that are there, and ConfigMaps that somebody makes', () => {
      const daemonSet = daemonSetAmong(objects);
      const volumes = daemonSet.spec.template.spec.volumes ?? [];
      const mounted = containersOf(daemonSet).flatMap(({ volumeMounts = [] }) => volumeMounts);
      expect(new Set(mounted.map(({ name }) => name))).to.deep.equal(
        new Set(volumes.map(({ name }) => name)),
      );
      expect(configMapNamesIn(daemonSet)).to.have.members([
        ...objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name),
        ...(FOREIGN_CONFIG_MAPS[folder] ?? []),
      ]);
    });

    it('starts programs, never a shell', () => {
      for (const { command = [] } of containersOf(daemonSetAmong(objects))) {
        expect(command.join(' ')).not.to.match(/\bsh\b|bash/);
      }
    });
  });
}

/** Every `name` below a `configMap` or `configMapKeyRef`, each once. */
function configMapNamesIn(value: unknown): string[] {
  const names = [
    ...JSON.stringify(value).matchAll(/"configMap(?:KeyRef)?":\{[^}]*?"name":"([^"]+)"/g),
  ];
  return [...new Set(names.map(([, name = '']) => name))];
}
