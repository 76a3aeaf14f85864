import { expect } from 'chai';
import { fieldSelector, labelSelector } from './selectors.ts';
import { StatusError } from './status.ts';

describe("the test API server's label selectors", () => {
  const object = { metadata: { labels: { app: 'web', tier: 'front' } } };
  for (const [text, expected] of [
    ['', true],
    ['app', true],
    ['!app', false],
    ['!other', true],
    ['app=web', true],
    ['app==web', true],
    ['app!=web', false],
    ['other!=web', true],
    ['app in (web, shop)', true],
    ['app notin (web,shop)', false],
    ['other notin (web)', true],
    ['app in (web,shop),tier=back', false],
    ['app,!other,tier=front', true],
  ] as const) {
    it(`${JSON.stringify(text)} ${expected ? 'matches' : 'does not match'}`, () => {
      expect(labelSelector(text)(object)).to.equal(expected);
    });
  }

  it('that cannot be read are refused', () => {
    expect(() => labelSelector('app of web')).to.throw(StatusError);
  });
});

describe("the test API server's field selectors", () => {
  const object = { metadata: { name: 'web' }, spec: { clusterIP: 'None' } };
  for (const [text, expected] of [
    ['', true],
    ['metadata.name=web', true],
    ['metadata.name!=web', false],
    ['spec.clusterIP!=None', false],
    ['metadata.name=web,spec.clusterIP==None', true],
    ['spec.type=', true],
  ] as const) {
    it(`${JSON.stringify(text)} ${expected ? 'matches' : 'does not match'}`, () => {
      expect(fieldSelector(text)(object)).to.equal(expected);
    });
  }

  it('of fields that no server selects by are refused', () => {
    expect(() => fieldSelector('spec.ports=80')).to.throw(StatusError, 'not supported');
  });
});
