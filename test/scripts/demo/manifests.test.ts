import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { readManifests } from '../../../agent/cluster/manifest-reader.ts';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import type { SliceEndpoint } from '../../../rules/services/types.ts';
import { NEWCOMER, namesOf, SUCCESSORS } from '../../../scripts/demo/cast.ts';
import { copyExamples, type Manifests } from '../../../scripts/demo/manifests.ts';

describe("the demo's manifests", () => {
  let parent: string;
  let manifests: Manifests;

  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'switchyard-demo-test-'));
    manifests = await copyExamples(join(parent, 'manifests'));
  });

  afterEach(() => rm(parent, { recursive: true }));

  it('say which pods are behind a Service, each once although it is in two slices', () => {
    expect(namesOf(manifests.podsOf('web'))).to.deep.equal(['pod-1-1', 'pod-1-2', 'pod-2-1']);
    expect(namesOf(manifests.podsOf('dns'))).to.deep.equal(['pod-1-2', 'pod-2-2']);
    expect(manifests.podsOf('soon')).to.deep.equal([]);
  });

  it('have no part for the pods that come in later', () => {
    const taken = manifests.workloads().map(({ pod }) => pod.name);
    expect(taken).not.to.include.members(namesOf([NEWCOMER]));
    for (const { name } of SUCCESSORS) expect(taken).not.to.include(name);
  });

  it('name the Service that they lack', () => {
    expect(() => manifests.service('shop')).to.throw('has no Service shop');
  });

  for (const family of IP_FAMILIES) {
    it(`have the ${family} endpoints of web that were written, and their conditions`, async () => {
      await manifests.writeWebEndpoints([
        { pod: NEWCOMER, state: 'ready' },
        ...SUCCESSORS.slice(0, 1).map((pod) => ({ pod, state: 'terminating' }) as const),
      ]);
      const endpoints = await readEndpoints(manifests.folder, family);
      expect(endpoints.map(({ ip }) => ip)).to.deep.equal(
        [NEWCOMER, ...SUCCESSORS.slice(0, 1)].map(({ ips }) => ips[family]),
      );
      expect(endpoints[0]).to.include({ ready: true, terminating: false, nodeName: 'node-1' });
      expect(endpoints[1]).to.include({ ready: false, serving: true, terminating: true });
    });
  }

  it('keep the Service itself when endpoints are written', async () => {
    await manifests.writeWebEndpoints([]);
    const { objects, problems } = await readManifests(manifests.folder, { stdin: process.stdin });
    expect(problems).to.deep.equal([]);
    const service = objects.get('Service default/web');
    expect(service?.value).to.deep.equal(manifests.service('web'));
  });
});

// --- internal ---

async function readEndpoints(folder: string, family: IpFamily): Promise<readonly SliceEndpoint[]> {
  const { objects } = await readManifests(folder, { stdin: process.stdin });
  return [...objects.values()].flatMap((object) =>
    object.kind === 'EndpointSlice' &&
    object.value.service === 'default/web' &&
    object.value.family === family
      ? object.value.endpoints
      : [],
  );
}
