import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readManifests } from '../../../agent/cluster/manifest-reader.ts';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { instructions } from '../../../scripts/devcluster/instructions.ts';
import { POD_PORT, WORLD } from '../../../scripts/devcluster/layout.ts';
import { podIp } from '../../support/addresses.ts';

const EXAMPLE = fileURLToPath(new URL('../../../scripts/devcluster/example.yaml', import.meta.url));

describe("the devcluster's example", () => {
  const read = async () => {
    const { objects, problems } = await readManifests(EXAMPLE, { stdin: process.stdin });
    expect(problems).to.deep.equal([]);
    return [...objects.values()];
  };

  it('has a pod of each node as endpoint, at a port where pods answer', async () => {
    const slices = (await read()).flatMap((each) =>
      each.kind === 'EndpointSlice' ? [each.value] : [],
    );
    expect(slices.map(({ endpoints }) => endpoints.map(({ ip }) => ip))).to.deep.equal(
      IP_FAMILIES.map((family) => WORLD.nodes.map((_, index) => podIp(family, index + 1, 1))),
    );
    const ports = slices.flatMap((slice) => slice.ports.map(({ port }) => port));
    expect(new Set(ports)).to.deep.equal(new Set([POD_PORT]));
  });

  it('is at the addresses that the instructions connect to', async () => {
    const [service] = (await read()).flatMap((each) =>
      each.kind === 'Service' ? [each.value] : [],
    );
    const { clusterIPs = [], loadBalancerVIPs = [], ports = [] } = service ?? {};
    const text = JSON.stringify(instructions({ kubeconfig: 'file', enter: 'enter' }));
    for (const ip of [clusterIPs[0], loadBalancerVIPs[0]]) {
      expect(text).to.include(`/dev/tcp/${ip}/${ports[0]?.port}`);
    }
    expect(text).to.include(`/${ports[0]?.nodePort}'`);
  });
});
