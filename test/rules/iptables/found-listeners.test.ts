import { expect } from 'chai';
import { IP_FAMILIES, type IpFamily } from '../../../rules/ip.ts';
import { foundListeners } from '../../../rules/iptables/found-listeners.ts';
import type { ServicePort } from '../../../rules/services/types.ts';
import type { ListenerGuard } from '../../../rules/settings.ts';
import {
  type FoundListener,
  redirectedListenerId,
  redirectedPort,
} from '../../../rules/userspace/service-listeners.ts';
import { nodeIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';
import { KernelModel } from './support/kernel-model.ts';
import { makeChainSettings, plannerOf, textOf } from './support/planning.ts';

const ENDPOINTS = [makeEndpoint(1, 1)];

/** A service port that has both lists of endpoints, and asks for both in its rules. */
function webOf(family: IpFamily): ServicePort {
  const endpoints = { cluster: ENDPOINTS, local: ENDPOINTS, all: ENDPOINTS, hasAny: true };
  return makeServicePort({ family, internalPolicy: 'Local', endpoints: makeChosen(endpoints) });
}

/** What is found of WEB in chains that hold this service port. */
function foundIn(port: ServicePort, guard: ListenerGuard | undefined): FoundListener[] {
  const { family } = port;
  const guarded = guard === undefined ? {} : { listenerGuard: guard };
  const kernel = new KernelModel();
  kernel.restore(textOf(plannerOf(port, makeChainSettings(family, guarded))));
  return foundListeners(kernel.save(), [webOf(family)], nodeIp(family, 1));
}

describe('foundListeners of chains', () => {
  for (const family of IP_FAMILIES) {
    const web = webOf(family);
    const [clusterId, localId] = [
      redirectedListenerId(web, 'cluster'),
      redirectedListenerId(web, 'local'),
    ];
    const portOf = (id: string): number => (id === localId ? 20_002 : 20_001);
    const ruled = redirectedPort(web, nodeIp(family, 1), portOf);

    for (const guard of ['translation', 'closed'] as const) {
      it(`finds the listener of each list of endpoints (${family}, ${guard})`, () => {
        expect(foundIn(ruled, guard)).to.have.deep.members([
          ['tcp', clusterId, 20_001],
          ['tcp', localId, 20_002],
        ]);
      });
    }

    it(`takes no endpoint of iptables mode for a listener, not even at the node itself (${family})`, () => {
      expect(foundIn(ruled, undefined)).to.be.empty;
    });

    it(`finds none at another address (${family})`, () => {
      const elsewhere = redirectedPort(web, nodeIp(family, 2), portOf);
      expect(foundIn(elsewhere, 'translation')).to.be.empty;
    });
  }
});
