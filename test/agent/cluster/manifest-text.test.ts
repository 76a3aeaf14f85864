import { expect } from 'chai';
import { readManifestText } from '../../../agent/cluster/manifest-text.ts';
import { formatProblem } from '../../../agent/cluster/problems.ts';
import { SERVICE_CIDR } from '../../support/addresses.ts';
import {
  documents,
  nodeYaml,
  serviceCidrYaml,
  serviceObject,
  serviceYaml,
  sliceYaml,
} from './support/manifests.ts';

describe('manifest text', () => {
  describe('objects', () => {
    it('of every kind a proxy reads are found with their lines', () => {
      const text = documents(
        serviceYaml('web'),
        sliceYaml('web-1', 'web'),
        nodeYaml('node-1'),
        serviceCidrYaml('stable', SERVICE_CIDR.IPv4),
        serviceCidrYaml('beta', SERVICE_CIDR.IPv6, 'v1beta1'),
      );
      expect(summary(text)).to.deep.equal([
        '1 Service default/web ok',
        '10 EndpointSlice default/web-1 ok',
        '22 Node node-1 ok',
        '30 ServiceCIDR stable ok',
        '35 ServiceCIDR beta ok',
      ]);
    });

    it('are tagged with their kind', () => {
      const [entry] = readManifestText('web.yaml', serviceYaml('web')).entries;
      expect(entry?.outcome).to.deep.include({ kind: 'ok' });
      expect(entry?.outcome).to.have.nested.property('value.kind', 'Service');
      expect(entry?.outcome).to.have.nested.property('value.value.name', 'web');
    });

    it('keep their namespace, and are in "default" without one', () => {
      const text = documents(
        serviceYaml('web').replace('name: web', 'name: web\n  namespace: shop'),
        serviceYaml('web'),
      );
      expect(summary(text)).to.deep.equal(['1 Service shop/web ok', '11 Service default/web ok']);
    });

    it('the parser ignores are counted by its reason', () => {
      const headless = serviceYaml('web').replace(/clusterIP: .*/, 'clusterIP: None');
      const { entries, problems, ignored } = readManifestText('web.yaml', headless);
      expect(entries.map(({ outcome }) => outcome.kind)).to.deep.equal(['ignored']);
      expect(problems).to.deep.equal([]);
      expect(Object.fromEntries(ignored)).to.deep.equal({ headless: 1 });
    });
  });

  describe('Lists', () => {
    it('are taken apart, with the line of each item', () => {
      const text = `apiVersion: v1\nkind: List\nitems:\n${item(serviceYaml('a'))}${item(serviceYaml('b'))}`;
      expect(summary(text)).to.deep.equal(['4 Service default/a ok', '12 Service default/b ok']);
    });

    it('stand in Lists', () => {
      const inner = { apiVersion: 'v1', kind: 'List', items: [serviceObject('b')] };
      const outer = {
        apiVersion: 'v1',
        kind: 'List',
        items: [serviceObject('a'), inner, serviceObject('c')],
      };
      expect(summary(JSON.stringify(outer))).to.deep.equal([
        '1 Service default/a ok',
        '1 Service default/b ok',
        '1 Service default/c ok',
      ]);
    });

    it('of one kind give it to items that do not name it, as in an answer of the API server', () => {
      const item = { metadata: { name: 'a' }, spec: { clusterIP: 'None' } };
      const list = { apiVersion: 'v1', kind: 'ServiceList', items: [item, serviceObject('b')] };
      expect(summary(JSON.stringify(list))).to.deep.equal([
        '1 Service default/a ignored',
        '1 Service default/b ok',
      ]);
    });

    it('without items hold nothing, as Go writes them', () => {
      expect(summary('{"kind": "List", "apiVersion": "v1", "items": null}')).to.deep.equal([]);
      expect(summary('{"kind": "ServiceList", "apiVersion": "v1", "items": []}')).to.deep.equal([]);
    });

    it('nested without end are refused', () => {
      let list: object = serviceObject('deep');
      for (let depth = 0; depth < 9; depth++) {
        list = { apiVersion: 'v1', kind: 'List', items: [list] };
      }
      expect(problemsOf(JSON.stringify(list))).to.deep.equal([
        'x.yaml:1: List (no name): items: expected a list, at most 8 Lists deep, got a list',
      ]);
    });
  });

  describe('other kinds', () => {
    it('are counted by apiVersion and kind', () => {
      const texts = [
        'apiVersion: apps/v1\nkind: Deployment\n',
        'apiVersion: apps/v1\nkind: Deployment\n',
        'apiVersion: serving.knative.dev/v1\nkind: Service\n',
        'kind: Kustomization\n',
        'apiVersion: v1\nkind: constructor\n',
      ];
      const { problems, ignored } = readManifestText('x.yaml', documents(...texts));
      expect(problems).to.deep.equal([]);
      expect(Object.fromEntries(ignored)).to.deep.equal({
        'apps/v1 Deployment': 2,
        'serving.knative.dev/v1 Service': 1,
        Kustomization: 1,
        'v1 constructor': 1,
      });
    });

    it('with strange names are counted in quotes', () => {
      const { ignored } = readManifestText('x.yaml', 'kind: "a\\nb"\n');
      expect([...ignored.keys()]).to.deep.equal([String.raw`"a\nb"`]);
    });

    it('give one hint a file when they are Endpoints', () => {
      const endpoints = 'apiVersion: v1\nkind: Endpoints\n';
      expect(problemsOf(documents(endpoints, endpoints))).to.deep.equal([
        'x.yaml: 2 Endpoints objects are not read: expected EndpointSlices (discovery.k8s.io/v1) in their place',
      ]);
      expect(problemsOf(endpoints)).to.deep.equal([
        'x.yaml: an Endpoints object is not read: expected EndpointSlices (discovery.k8s.io/v1) in their place',
      ]);
    });
  });

  describe('problems', () => {
    const rows = [
      {
        name: 'a bad field is reported with its line',
        text: serviceYaml('web', 70_000),
        problem: /^x\.yaml:8: Service default\/web: spec\.ports\[0\]\.port: expected .*70000$/,
      },
      {
        name: 'a field that is missing is reported with the line of what should hold it',
        text: serviceYaml('web').replace('port: 80', 'name: http'),
        problem: /^x\.yaml:8: Service default\/web: spec\.ports\[0\]\.port: /,
      },
      {
        name: 'a Service without a clusterIP is reported, since nobody allocates one',
        text: serviceYaml('web').replace(/clusterIP: .*/, 'type: ClusterIP'),
        problem:
          /^x\.yaml:6: Service default\/web: spec\.clusterIP: expected an address or None: .*got nothing$/,
      },
      {
        name: 'a bad label is reported with its line',
        text: sliceYaml('web-1', '"no name"'),
        problem:
          /^x\.yaml:6: EndpointSlice default\/web-1: metadata\.labels\["kubernetes\.io\/service-name"\]: /,
      },
      {
        name: 'a bad field in a List is reported with its line',
        text: `kind: List\nitems:\n${item(serviceYaml('a'))}${item(serviceYaml('b', 0))}`,
        problem: /^x\.yaml:18: Service default\/b: spec\.ports\[0\]\.port: /,
      },
      {
        name: 'a wrong version of the API is reported',
        text: `# old\n${sliceYaml('web-1', 'web').replace('io/v1', 'io/v1beta1')}`,
        problem:
          /^x\.yaml:2: EndpointSlice default\/web-1: apiVersion: expected discovery\.k8s\.io\/v1, got "discovery\.k8s\.io\/v1beta1"$/,
      },
      {
        name: 'a missing version of the API is reported',
        text: serviceYaml('web').replace('apiVersion: v1', 'other: v1'),
        problem: /^x\.yaml:1: Service default\/web: apiVersion: expected v1, got nothing$/,
      },
      {
        name: 'what has no kind is reported',
        text: '\nport: 80\n',
        problem: /^x\.yaml:2: object \(no name\): kind: expected a kind, got nothing$/,
      },
      {
        name: 'what is no object is reported',
        text: '- a\n- b\n',
        problem: /^x\.yaml:1: object \(no name\): expected a Kubernetes object, got a list$/,
      },
      {
        name: 'a List whose items are no list is reported',
        text: 'kind: List\nitems: 3\n',
        problem: /^x\.yaml:2: List \(no name\): items: expected a list, .*got 3$/,
      },
      {
        name: 'an item that is no object is reported',
        text: 'kind: ServiceList\napiVersion: v1\nitems:\n  - 3\n',
        problem: /^x\.yaml:4: object \(no name\): expected a Kubernetes object, got 3$/,
      },
      {
        name: 'a syntax error is reported with line and column',
        text: 'kind: Service\nspec: {ports: [\n',
        problem: /^x\.yaml:\d+: invalid YAML at column \d+: /,
      },
    ];
    for (const { name, text, problem } of rows) {
      it(name, () => {
        const problems = problemsOf(text);
        expect(problems).to.have.lengthOf(1);
        expect(problems[0]).to.match(problem);
      });
    }

    it('hide no other object', () => {
      const text = documents(
        serviceYaml('a'),
        'kind: [\n',
        serviceYaml('b', 70_000),
        '- nothing\n',
        serviceYaml('c'),
      );
      const { entries, isBroken, problems } = readManifestText('x.yaml', text);
      expect(isBroken).to.be.true;
      expect(problems).to.have.lengthOf(3);
      const used = entries.filter(({ outcome }) => outcome.kind === 'ok').map(({ id }) => id);
      expect(used).to.include.members(['Service default/a', 'Service default/c']);
    });

    it('of hostile names stay in one line', () => {
      const name = JSON.stringify(`"} \n flush ruleset ${'x'.repeat(300)}`);
      const [problem = ''] = problemsOf(serviceYaml(name));
      expect(problem).to.match(/^x\.yaml:4: Service default\/"[ -~]*: metadata\.name: expected /);
      expect(problem).to.have.length.below(600);
    });
  });

  it('of a thousand documents is read whole', () => {
    const services = Array.from({ length: 1000 }, (_, i) => serviceYaml(`service-${i}`));
    const { entries, problems } = readManifestText('x.yaml', documents(...services));
    expect(entries.filter(({ outcome }) => outcome.kind === 'ok')).to.have.lengthOf(1000);
    expect(problems).to.deep.equal([]);
    expect(entries[999]).to.include({ id: 'Service default/service-999', line: 8992 });
  });
});

function summary(text: string): string[] {
  const { entries } = readManifestText('x.yaml', text);
  return entries.map(({ id, line, outcome }) => `${line ?? '?'} ${id} ${outcome.kind}`);
}

function problemsOf(text: string): string[] {
  return readManifestText('x.yaml', text).problems.map(formatProblem);
}

/** The text as an item of a list. */
function item(text: string): string {
  return text.replace(/^/gm, '    ').replace(/^ {4}/, '  - ').trimEnd().concat('\n');
}
