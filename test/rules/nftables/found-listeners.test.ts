import { expect } from 'chai';
import type { ServicePort } from '../../../rules/services/types.ts';
import { foundListeners } from '../../../rules/nftables/found-listeners.ts';
import {
  redirectedListenerId,
  redirectedPort,
  type FoundListener,
} from '../../../rules/userspace/service-listeners.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';
import { kernelOf, plannerWith } from './support/planning.ts';
import { makeSettings } from './support/settings.ts';

const NODE = nodeIp('IPv4', 1);
const ENDPOINTS = [makeEndpoint(1, 1)];
const WEB = makeServicePort({
  internalPolicy: 'Local',
  endpoints: makeChosen({ cluster: ENDPOINTS, local: ENDPOINTS, all: ENDPOINTS, hasAny: true }),
  frontends: [
    { kind: 'ClusterIP', ip: makeServicePort().clusterIP, protocol: 'tcp', port: 80 },
    { kind: 'NodePort', ip: undefined, protocol: 'tcp', port: 30_080 },
  ],
});
const CLUSTER_ID = redirectedListenerId(WEB, 'cluster');
const LOCAL_ID = redirectedListenerId(WEB, 'local');

/** What is found of WEB in a table that holds this service port. */
function foundIn(port: ServicePort, guard: 'translation' | undefined): FoundListener[] {
  const settings = makeSettings('IPv4', guard === undefined ? {} : { listenerGuard: guard });
  const kernel = kernelOf(plannerWith('IPv4', new Map([[port.service, [port]]]), settings));
  return foundListeners(kernel.found()?.contents ?? new Map(), [WEB], NODE);
}

describe('foundListeners', () => {
  const ruled = redirectedPort(WEB, NODE, (id) => (id === LOCAL_ID ? 20_002 : 20_001));

  it('finds the listener of each list of endpoints, behind whatever frontend it stands', () => {
    expect(foundIn(ruled, 'translation')).to.have.deep.members([
      ['tcp', CLUSTER_ID, 20_001],
      ['tcp', LOCAL_ID, 20_002],
    ]);
  });

  it('takes no endpoint of nftables mode for a listener, not even at the node itself', () => {
    expect(foundIn(ruled, undefined)).to.be.empty;
    expect(foundIn(WEB, undefined)).to.be.empty;
  });

  it('finds none at another address', () => {
    const elsewhere = redirectedPort(WEB, nodeIp('IPv4', 2), () => 20_001);
    expect(foundIn(elsewhere, 'translation')).to.be.empty;
  });
});
