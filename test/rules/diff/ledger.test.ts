import { expect } from 'chai';
import fc from 'fast-check';
import {
  diffContents,
  sameElement,
  type Contents,
  type Element,
} from '../../../rules/diff/element.ts';
import { Ledger } from '../../../rules/diff/ledger.ts';
import {
  anyContents,
  anyElement,
  applyChanges,
  contentsOf,
  elementsIn,
  makeElement,
} from './support.ts';

const OLD = makeElement('m', '1', 'old');
const NEW = makeElement('m', '1', 'new');

describe('ledger', () => {
  it('adds what is claimed and removes what nobody claims any more', () => {
    const ledger = new Ledger();
    ledger.claim(OLD);
    expect(ledger.pending()).to.deep.equal([
      { collection: 'm', key: '1', before: undefined, after: OLD },
    ]);
    ledger.commit(ledger.pending());
    ledger.release(OLD);
    expect(ledger.pending()).to.deep.equal([
      { collection: 'm', key: '1', before: OLD, after: undefined },
    ]);
  });

  it('keeps an element until its last claim is gone', () => {
    const ledger = new Ledger();
    ledger.claim(OLD);
    ledger.claim(OLD);
    ledger.claim(OLD);
    ledger.release(OLD);
    ledger.release(OLD);
    expect(ledger.get('m', '1')).to.equal(OLD);
    ledger.release(OLD);
    expect(ledger.get('m', '1')).to.be.undefined;
  });

  it('lets a claim that disagrees wait until those before it are gone', () => {
    const ledger = new Ledger();
    ledger.claim(OLD);
    ledger.claim(NEW);
    ledger.claim(OLD);
    ledger.release(OLD);
    expect(ledger.get('m', '1')).to.equal(OLD);
    ledger.release(OLD);
    expect(ledger.get('m', '1')).to.equal(NEW);
  });

  it('forgets a claim that is taken back while it waits', () => {
    const ledger = new Ledger();
    ledger.claim(OLD);
    ledger.claim(NEW);
    ledger.release(NEW);
    ledger.release(OLD);
    expect(ledger.get('m', '1')).to.be.undefined;
  });

  it('sends nothing for what is back to what it was', () => {
    const ledger = new Ledger();
    ledger.claim(OLD);
    ledger.commit(ledger.pending());
    ledger.release(OLD);
    ledger.claim(NEW);
    ledger.release(NEW);
    ledger.claim(OLD);
    expect(ledger.pending()).to.deep.equal([]);
  });

  it('keeps what a commit did not speak of pending', () => {
    const ledger = new Ledger();
    ledger.claim(makeElement('m', '1'));
    ledger.claim(makeElement('m', '2'));
    ledger.commit(ledger.pending().slice(0, 1));
    expect(ledger.pending().map(({ key }) => key)).to.deep.equal(['2']);
  });

  it('wants what it finds replaced, removed or left alone', () => {
    const ledger = new Ledger();
    const [kept, stranger] = [makeElement('s', 'kept'), makeElement('s', 'stranger')];
    ledger.claim(NEW);
    ledger.claim(kept);
    ledger.rebase(contentsOf(OLD, kept, stranger));
    expect(ledger.pending()).to.deep.equal([
      { collection: 'm', key: '1', before: OLD, after: NEW },
      { collection: 's', key: 'stranger', before: stranger, after: undefined },
    ]);
  });

  const UNCLAIMED = [
    { name: 'nobody claimed', claimed: [] },
    { name: 'only others claimed, with another value', claimed: [OLD, OLD] },
  ];
  for (const { name, claimed } of UNCLAIMED) {
    it(`refuses to release what ${name}`, () => {
      const ledger = new Ledger();
      for (const element of claimed) ledger.claim(element);
      expect(() => {
        ledger.release(NEW);
      }).to.throw('released without a claim: m { 1 }');
    });
  }

  it('leads from what is applied to what is claimed, after any history', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
        const ledger = new Ledger();
        const model: Model = { claims: [], applied: new Map() };
        for (const step of steps) {
          step(ledger, model);
          const wanted = wantedOf(model.claims);
          expect(elementsIn(ledger.wanted)).to.deep.equal(elementsIn(wanted));
          expect(ledger.pending()).to.deep.equal(diffContents(model.applied, wanted));
        }
      }),
      { numRuns: 300 },
    );
  });
});

// --- internal ---

/** The ledger as one would write it without a thought for its cost. */
interface Model {
  /** In order of claiming. */
  claims: Element[];
  applied: Contents;
}

type Step = (ledger: Ledger, model: Model) => void;

/** At each key the oldest claim's element, but one that is granted stays while anybody claims it. */
function wantedOf(claims: readonly Element[]): Contents {
  const wanted = new Map<string, Map<string, Element>>();
  for (const element of claims) {
    const elements = wanted.get(element.collection) ?? new Map<string, Element>();
    wanted.set(element.collection, elements);
    if (!elements.has(element.key)) elements.set(element.key, element);
  }
  return wanted;
}

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  anyElement.map((element): Step => (ledger, model) => {
    ledger.claim(element);
    // Next to those it agrees with, so that the first of them speaks for all.
    const twin = model.claims.findLastIndex((claim) => isSameClaim(claim, element));
    model.claims.splice(twin < 0 ? model.claims.length : twin + 1, 0, element);
  }),
  fc.nat(20).map((number): Step => (ledger, model) => {
    const element = model.claims[number % Math.max(1, model.claims.length)];
    if (element === undefined) return;
    ledger.release(element);
    model.claims.splice(
      model.claims.findIndex((claim) => isSameClaim(claim, element)),
      1,
    );
  }),
  fc.subarray([0, 1, 2, 3, 4, 5], { minLength: 3 }).map((picked): Step => (ledger, model) => {
    const changes = ledger.pending().filter((_, index) => picked.includes(index));
    model.applied = applyChanges(model.applied, changes);
    ledger.commit(changes);
  }),
  anyContents.map((found): Step => (ledger, model) => {
    ledger.rebase(found);
    model.applied = found;
  }),
);

function isSameClaim(a: Element, b: Element): boolean {
  return a.collection === b.collection && a.key === b.key && sameElement(a, b);
}
