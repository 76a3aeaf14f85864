import { expect } from 'chai';
import { healthCheckOf } from '../../../rules/services/health-check.ts';
import type { Endpoint, ServicePort } from '../../../rules/services/types.ts';
import { podIp } from '../../support/addresses.ts';
import { makeChosen, makeEndpoint, makeServicePort } from './builders.ts';

function portWith(all: readonly Endpoint[], fields: Partial<ServicePort> = {}): ServicePort {
  return makeServicePort({
    healthCheckNodePort: 31000,
    endpoints: makeChosen({ all }),
    ...fields,
  });
}

describe('healthCheckOf', () => {
  const cases: { name: string; ports: ServicePort[]; count: number }[] = [
    { name: 'none without endpoints', ports: [portWith([])], count: 0 },
    {
      name: 'those on this node only',
      ports: [portWith([makeEndpoint(1, 1), makeEndpoint(1, 2), makeEndpoint(2, 1)])],
      count: 2,
    },
    {
      name: 'none that is not ready, although it still serves',
      ports: [
        portWith([
          makeEndpoint(1, 1),
          makeEndpoint(1, 2, { ready: false, serving: true, terminating: true }),
        ]),
      ],
      count: 1,
    },
    {
      name: 'an address once, whatever the number of ports',
      ports: [
        portWith([makeEndpoint(1, 1), makeEndpoint(1, 2)]),
        portWith([makeEndpoint(1, 1, { port: 8443 }), makeEndpoint(1, 3, { port: 8443 })]),
      ],
      count: 3,
    },
    {
      name: 'only this family',
      ports: [
        portWith([makeEndpoint(1, 1)]),
        portWith([makeEndpoint(1, 2, { ip: podIp('IPv6', 1, 2) })], { family: 'IPv6' }),
      ],
      count: 1,
    },
  ];
  for (const { name, ports, count } of cases) {
    it(`counts ${name}`, () => {
      expect(healthCheckOf(ports, 'IPv4')).to.deep.equal({
        service: 'default/web',
        port: 31000,
        localEndpoints: count,
      });
    });
  }

  it('is nothing for a Service without a health-check node port, or of the other family', () => {
    expect(healthCheckOf([], 'IPv4')).to.equal(undefined);
    expect(healthCheckOf([portWith([], { healthCheckNodePort: 0 })], 'IPv4')).to.equal(undefined);
    expect(healthCheckOf([portWith([], { family: 'IPv6' })], 'IPv4')).to.equal(undefined);
  });
});
