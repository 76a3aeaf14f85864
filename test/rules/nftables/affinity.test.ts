import { expect } from 'chai';
import type { ElementChange } from '../../../rules/diff/element.ts';
import {
  affinityEdits,
  affinityKey,
  affinityMoves,
  type AffinityEntry,
  type AffinityMove,
} from '../../../rules/nftables/affinity.ts';
import { endpointMapName } from '../../../rules/nftables/endpoint-maps.ts';
import { scriptSteps, scriptText } from '../../../rules/nftables/script.ts';
import type { Endpoint, ServiceKey, ServicePort } from '../../../rules/services/types.ts';
import { clientIp, clusterIp, nodeIp, podIp } from '../../support/addresses.ts';
import { makeElement } from '../diff/support.ts';
import { makeChosen, makeEndpoint, makeServicePort } from '../services/builders.ts';
import { kernelOf, plannerWith } from './support/planning.ts';

const WEB = `${clusterIp('IPv4', 1)} . tcp . 80`;
const NODE_PORT = 'tcp . 30080';
const [A, B, C] = [1, 2, 3].map((pod) => `${podIp('IPv4', 1, pod)} . 8080`);

describe('affinityMoves', () => {
  const CASES: {
    readonly name: string;
    readonly changes: readonly ElementChange[];
    readonly moves: readonly AffinityMove[];
  }[] = [
    {
      name: 'follows an endpoint to its new slot',
      changes: [change(WEB, 0, A, C), change(WEB, 2, C, undefined)],
      moves: [move(0, undefined), move(2, 0)],
    },
    {
      name: 'lets the clients of an endpoint that is gone go',
      changes: [change(WEB, 1, B, undefined)],
      moves: [move(1, undefined)],
    },
    {
      name: 'takes no notice of a new endpoint in a new slot',
      changes: [change(WEB, 1, undefined, B)],
      moves: [],
    },
    {
      name: 'tells one frontend from another with the same endpoint',
      changes: [change(WEB, 0, A, undefined), change(NODE_PORT, 0, undefined, A)],
      moves: [move(0, undefined)],
    },
    {
      name: 'knows node ports',
      changes: [change(NODE_PORT, 0, A, B)],
      moves: [{ frontend: NODE_PORT, isNodePort: true, slot: 0, movedTo: undefined }],
    },
    {
      name: 'takes no notice of an element whose comment alone changes',
      changes: [{ ...change(WEB, 0, A, A), after: makeElement('tcp-endpoints', WEB, A, 'new') }],
      moves: [],
    },
    {
      name: 'takes no notice of other maps',
      changes: [{ ...change(WEB, 0, A, B), collection: 'service-ips' }],
      moves: [],
    },
    {
      name: 'takes no notice of frontends without affinity',
      changes: [change(`${clusterIp('IPv4', 2)} . tcp . 80`, 0, A, B)],
      moves: [],
    },
  ];
  for (const { name, changes, moves } of CASES) {
    it(name, () => {
      const isSticky = (frontend: string): boolean => [WEB, NODE_PORT].includes(frontend);
      expect(affinityMoves(changes, isSticky)).to.deep.equal(moves);
    });
  }
});

describe('affinityEdits', () => {
  const isServiceIp = (frontend: string): boolean => frontend === WEB;
  const toWeb = entry({ slot: 2 });
  const toNode = entry({ address: nodeIp('IPv4', 1), protocolAndPort: NODE_PORT, slot: 2 });

  it('moves the clients of a slot whose endpoint moved, and no others', () => {
    const entries = [toWeb, entry({ slot: 1 }), toNode];
    expect(affinityEdits(entries, [move(2, 0)], isServiceIp)).to.deep.equal([
      { entry: toWeb, movedTo: 0 },
    ]);
  });

  it('finds the clients of a node port by whichever address of the node they used', () => {
    const moves = [{ frontend: NODE_PORT, isNodePort: true, slot: 2, movedTo: undefined }];
    expect(affinityEdits([toWeb, toNode], moves, isServiceIp)).to.deep.equal([
      { entry: toNode, movedTo: undefined },
    ]);
  });

  it('leaves the clients of a service address alone when a node port has the same number', () => {
    const moves = [{ frontend: 'tcp . 80', isNodePort: true, slot: 2, movedTo: 0 }];
    expect(affinityEdits([toWeb], moves, isServiceIp)).to.deep.equal([]);
  });

  it('finds the clients of a service address that is gone', () => {
    expect(affinityEdits([toWeb], [move(2, undefined)], () => false)).to.deep.equal([
      { entry: toWeb, movedTo: undefined },
    ]);
  });

  it('writes an entry as the kernel has it, with its slot or another one', () => {
    expect(affinityKey(toWeb)).to.equal(`${clientIp('IPv4', 1)} . ${WEB} . 2`);
    expect(affinityKey(toWeb, 0)).to.equal(`${clientIp('IPv4', 1)} . ${WEB} . 0`);
  });

  it('deletes entries and adds those that move, with what time they have left', () => {
    const planner = plannerWith('IPv4', new Map());
    kernelOf(planner);
    const edits = [
      { entry: toWeb, movedTo: 0 },
      { entry: toNode, movedTo: undefined },
    ];
    const client = clientIp('IPv4', 1);
    expect(scriptText(scriptSteps(planner.plan(), edits)).split('\n')).to.deep.equal([
      `delete element ip switchyard affinity { ${client} . ${WEB} . 2, ` +
        `${client} . ${nodeIp('IPv4', 1)} . ${NODE_PORT} . 2 }`,
      `add element ip switchyard affinity { ${client} . ${WEB} . 0 timeout 600s expires 300s }`,
      '',
    ]);
  });
});

describe('a planner of sticky Services', () => {
  const [one, two, three] = [makeEndpoint(1, 1), makeEndpoint(2, 1), makeEndpoint(3, 1)];

  const CASES: {
    readonly name: string;
    readonly before: Partial<ServicePort>;
    readonly after: Partial<ServicePort> | undefined;
    readonly slots: readonly (readonly [number, number | undefined])[];
  }[] = [
    {
      name: 'says which slots lost their endpoint, and where that went',
      before: sticky(one, two, three),
      after: sticky(two, three),
      slots: [
        [0, undefined],
        [2, 0],
      ],
    },
    {
      name: 'lets all clients go when the Service goes',
      before: sticky(one, two),
      after: undefined,
      slots: [
        [1, undefined],
        [0, undefined],
      ],
    },
    {
      name: 'lets clients go when affinity ends together with their endpoint',
      before: sticky(one),
      after: { ...sticky(two), affinitySeconds: undefined },
      slots: [[0, undefined]],
    },
    {
      name: 'has nobody to move when endpoints come',
      before: sticky(one),
      after: sticky(one, two),
      slots: [],
    },
    {
      name: 'has nobody to move where clients are not sticky',
      before: { ...sticky(one, two), affinitySeconds: undefined },
      after: { ...sticky(two), affinitySeconds: undefined },
      slots: [],
    },
  ];
  for (const { name, before, after, slots } of CASES) {
    it(name, () => {
      const service = 'default/web' as ServiceKey;
      const planner = plannerWith('IPv4', new Map([[service, [makeServicePort(before)]]]));
      kernelOf(planner);
      planner.setPorts(service, after === undefined ? [] : [makeServicePort(after)]);
      const { affinity } = planner.plan();
      expect(affinity.map(({ slot, movedTo }) => [slot, movedTo])).to.have.deep.members(slots);
    });
  }
});

// --- internal ---

function change(
  frontend: string,
  slot: number,
  before: string | undefined,
  after: string | undefined,
): ElementChange {
  const isNodePort = frontend === NODE_PORT;
  const collection = endpointMapName({ protocol: 'tcp', isNodePort });
  const key = `${frontend.replace('tcp . ', '')} . ${slot}`;
  const element = (value: string | undefined) =>
    value === undefined ? undefined : makeElement(collection, key, value);
  return { collection, key, before: element(before), after: element(after) };
}

function move(slot: number, movedTo: number | undefined): AffinityMove {
  return { frontend: WEB, isNodePort: false, slot, movedTo };
}

function entry(fields: Partial<AffinityEntry>): AffinityEntry {
  return {
    client: clientIp('IPv4', 1),
    address: clusterIp('IPv4', 1),
    protocolAndPort: 'tcp . 80',
    slot: 0,
    timeoutSeconds: 600,
    expiresSeconds: 300,
    ...fields,
  };
}

function sticky(...endpoints: Endpoint[]): Partial<ServicePort> {
  return {
    affinitySeconds: 600,
    endpoints: makeChosen({ cluster: endpoints, all: endpoints, hasAny: true }),
  };
}
