import { expect } from 'chai';
import { ProxyHealth } from '../../../agent/health/proxy-health.ts';
import { BEGINNING_MS, manualClock, syncOf } from './support.ts';

const TIMEOUT_MS = 60_000;
const FAILED = { error: new Error('nft is missing') };

function newHealth() {
  const clock = manualClock();
  const options = { families: ['IPv4', 'IPv6'] as const, timeoutMs: TIMEOUT_MS, now: clock.now };
  return { health: new ProxyHealth(options), ...clock };
}

describe('ProxyHealth', () => {
  it('is healthy as long as the sync loop has not begun, whatever waits', () => {
    const { health, pass } = newHealth();
    health.queued();
    pass(10 * TIMEOUT_MS);
    expect(health.isHealthy()).to.equal(true);
    expect(health.families()).to.deep.equal([
      { family: 'IPv4', lastUpdatedMs: undefined, isHealthy: true },
      { family: 'IPv6', lastUpdatedMs: undefined, isHealthy: true },
    ]);
  });

  it('is healthy as long as nothing waits, however long nothing happens', () => {
    const { health, pass } = newHealth();
    health.begin();
    pass(10 * TIMEOUT_MS);
    expect(health.isHealthy()).to.equal(true);
  });

  it('is unhealthy from the moment at which a request has waited for the timeout', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.queued();
    pass(TIMEOUT_MS - 1);
    expect(health.isHealthy()).to.equal(true);
    pass(1);
    expect(health.isHealthy()).to.equal(false);
  });

  it('counts from the oldest request', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.queued();
    pass(TIMEOUT_MS - 1);
    health.queued();
    pass(1);
    expect(health.isHealthy()).to.equal(false);
  });

  it('recovers with a successful sync, family by family', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.queued();
    health.started();
    pass(TIMEOUT_MS);
    health.synced(syncOf('IPv4'));
    expect(health.isHealthy()).to.equal(false);
    expect(health.families()).to.deep.equal([
      { family: 'IPv4', lastUpdatedMs: BEGINNING_MS + TIMEOUT_MS, isHealthy: true },
      { family: 'IPv6', lastUpdatedMs: BEGINNING_MS, isHealthy: false },
    ]);
    health.synced(syncOf('IPv6'));
    expect(health.isHealthy()).to.equal(true);
  });

  it('does not take a failed sync for an answer to the request', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.queued();
    for (let attempt = 0; attempt < 3; attempt++) {
      health.started();
      pass(TIMEOUT_MS / 3);
      health.synced(syncOf('IPv4', FAILED));
      health.synced(syncOf('IPv6'));
    }
    expect(health.families().map(({ isHealthy }) => isHealthy)).to.deep.equal([false, true]);
  });

  it('does not take what was asked for during a sync for done with it', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.started();
    health.queued();
    health.synced(syncOf('IPv4'));
    health.synced(syncOf('IPv6'));
    pass(TIMEOUT_MS);
    expect(health.isHealthy()).to.equal(false);
  });

  it('is unhealthy when looking after the table fails for too long, although nothing changed', () => {
    const { health, pass } = newHealth();
    health.begin();
    health.started();
    health.synced(syncOf('IPv4', FAILED));
    expect(health.isHealthy()).to.equal(true);
    pass(TIMEOUT_MS);
    expect(health.isHealthy()).to.equal(false);
  });

  it('leaves a family alone that this node does not have', () => {
    const health = new ProxyHealth({ families: ['IPv4'], timeoutMs: 1, now: () => 0 });
    health.synced(syncOf('IPv6', FAILED));
    expect(health.families().map(({ family }) => family)).to.deep.equal(['IPv4']);
  });
});
