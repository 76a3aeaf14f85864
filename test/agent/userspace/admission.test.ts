import { expect } from 'chai';
import { Admission } from '../../../agent/userspace/admission.ts';
import type { Resource } from '../../../agent/userspace/interface.ts';

describe('admission', () => {
  let told: string[];
  let resident: number;
  let admission: Admission;

  beforeEach(() => {
    told = [];
    resident = 0;
    admission = new Admission(
      { maxSockets: 100, maxMemoryBytes: 100 * 2 ** 20 },
      {
        exhausted: (resource: Resource, message: string) => told.push(`no ${resource}: ${message}`),
        recovered: (resource: Resource) => told.push(`${resource} again`),
      },
      () => resident,
    );
  });

  it('pauses while there is room for nobody more, and goes on when a tenth is free', () => {
    admission.sockets = 98;
    admission.accepted();
    expect(admission.isOpen).to.equal(true);
    admission.sockets = 99;
    admission.accepted();
    expect(admission.isOpen).to.equal(false);
    expect(told).to.deep.equal(['no descriptors: 99 of 100 sockets are open']);
    admission.sockets = 91;
    admission.sweep();
    expect(admission.isOpen).to.equal(false);
    admission.sockets = 90;
    admission.sweep();
    expect(admission.isOpen).to.equal(true);
    expect(told).to.deep.equal(['no descriptors: 99 of 100 sockets are open', 'descriptors again']);
  });

  it('says the same once, however often it is met', () => {
    for (let i = 0; i < 3; i++) admission.exhaust('ports', 'connect EADDRNOTAVAIL');
    expect(told).to.deep.equal(['no ports: connect EADDRNOTAVAIL']);
  });

  it('goes on without ports to one endpoint, and tells with the next sweep that they may be there', () => {
    admission.exhaust('ports', '');
    expect(admission.isOpen).to.equal(true);
    admission.sweep();
    admission.exhaust('ports', '');
    expect(told).to.deep.equal(['no ports: ', 'ports again', 'no ports: ']);
  });

  it('waits for everything that has run out', () => {
    admission.exhaust('ports', '');
    resident = 101 * 2 ** 20;
    admission.sweep();
    expect(told.slice(1)).to.deep.equal([
      'no memory: the process has 101 MiB resident',
      'ports again',
    ]);
    expect(admission.isOpen).to.equal(false);
    resident = 95 * 2 ** 20;
    admission.sweep();
    expect(admission.isOpen).to.equal(false);
    resident = 90 * 2 ** 20;
    admission.sweep();
    expect(admission.isOpen).to.equal(true);
  });

  it('has room for flows while more is free than accepting needs to go on', () => {
    const hasRoom = [0, 74, 75, 99].map((sockets) => {
      admission.sockets = sockets;
      return admission.hasRoomForFlow;
    });
    expect(hasRoom).to.deep.equal([true, true, false, false]);
  });
});
