import { expect } from 'chai';
import { inventoryJson, inventoryText } from '../../../rules/inventory.ts';
import { tableInventory } from '../../../rules/nftables/inventory.ts';
import { serviceKey } from '../../../rules/services/keys.ts';
import { createWorld } from '../../../rules/services/world.ts';
import { makeService, makeSlice, makeSliceEndpoint } from '../services/builders.ts';
import { clusterIp, podIp } from '../../support/addresses.ts';
import { kernelOf, plannerWith } from './support/planning.ts';

const WEB = serviceKey('default', 'web');
const CART = serviceKey('shop', 'cart');

/** A planner of default/web with two endpoints, and of shop/cart with none. */
function makePlanner() {
  const world = createWorld();
  const endpoints = [1, 2].map((pod) => makeSliceEndpoint({ ip: podIp('IPv4', 2, pod) }));
  const clusterIPs = [clusterIp('IPv4', 2)];
  world.upsertService(makeService({ namespace: 'shop', name: 'cart', clusterIPs }));
  world.upsertService(makeService());
  world.upsertSlice(makeSlice({ endpoints }));
  return plannerWith('IPv4', world.checkOut().ports);
}

const WEB_LINES = [
  'default/web:http/tcp',
  '  10.96.0.1:80/TCP -> tcp-endpoints-2',
  '  ClusterIP 10.96.0.1',
  '  endpoint 10.244.2.2:8080 (10.96.0.1:80/TCP slot 0)',
  '  endpoint 10.244.2.3:8080 (10.96.0.1:80/TCP slot 1)',
];

const CART_LINES = [
  'shop/cart:http/tcp',
  '  10.96.0.2:80/TCP no endpoints: reject',
  '  ClusterIP 10.96.0.2',
];

function text(...args: Parameters<typeof inventoryText>): string[] {
  return [...inventoryText(...args)].join('').split('\n');
}

describe('inventoryText', () => {
  it('lists every Service, what it is reached at before what that leads to', () => {
    const planner = makePlanner();
    kernelOf(planner);
    expect(text([tableInventory(planner, [])])).to.deep.equal([
      '# IPv4: Services 2, changes not in the kernel yet 0',
      '',
      ...WEB_LINES,
      '',
      ...CART_LINES,
      '',
      '',
    ]);
  });

  it('says what the kernel does not have', () => {
    const planner = makePlanner();
    const lines = text([tableInventory(planner, [CART])]);
    expect(lines[0]).to.match(/^# IPv4: Services 2, changes not in the kernel yet [1-9]/);
    expect(lines[1]).to.equal('# refused by the kernel: shop/cart');
  });

  it('can be of one Service', () => {
    const planner = makePlanner();
    kernelOf(planner);
    const lines = text([tableInventory(planner, [])], CART);
    expect(lines.slice(1)).to.deep.equal(['', ...CART_LINES, '', '']);
  });
});

describe('inventoryJson', () => {
  it('has the same with the elements as they are in the table', () => {
    const planner = makePlanner();
    kernelOf(planner);
    const json: unknown = JSON.parse([...inventoryJson([tableInventory(planner, [WEB])])].join(''));
    const element = (collection: string, key: string, value = '', comment = '') => {
      return { collection, key, value, comment };
    };
    const verdicts = [
      element(
        'no-endpoint-services',
        '10.96.0.2 . tcp . 80',
        'goto reject-chain',
        'shop/cart:http',
      ),
      element('cluster-ips', '10.96.0.2'),
    ];
    expect(json).to.have.nested.property('families[0].family', 'IPv4');
    expect(json).to.have.nested.property('families[0].waiting', 0);
    expect(json).to.have.deep.nested.property('families[0].quarantined', [WEB]);
    expect(json).to.have.nested.property('families[0].services[0].service', WEB);
    expect(json).to.have.deep.nested.property('families[0].services[1]', {
      service: CART,
      ports: [{ port: 'shop/cart:http/tcp', rules: verdicts }],
    });
  });

  it('is JSON also without Services, and without families', () => {
    const planner = plannerWith('IPv6', new Map());
    const parse = (...args: Parameters<typeof inventoryJson>): unknown =>
      JSON.parse([...inventoryJson(...args)].join(''));
    expect(parse([])).to.deep.equal({ families: [] });
    expect(parse([tableInventory(planner, []), tableInventory(planner, [])]))
      .to.have.property('families')
      .with.lengthOf(2);
  });
});
