import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ChangeTrigger, SYSTEM_SEAMS } from '../../../agent/cluster/change-trigger.ts';
import { ManualSeams } from './support/manual-seams.ts';

const QUIET_MS = 5;
const MAX_WAIT_MS = 100;
const POLL_MS = 600_000;
const TIMING = { quietMs: QUIET_MS, maxWaitMs: MAX_WAIT_MS, pollMs: POLL_MS };

describe('the change trigger', () => {
  let seams: ManualSeams;
  let trigger: ChangeTrigger;

  beforeEach(() => {
    seams = new ManualSeams();
    trigger = new ChangeTrigger('/some/folder', TIMING, seams);
    trigger.arm();
  });

  it('watches the path and the folder above it, once however often it is armed', () => {
    trigger.arm();
    expect([...seams.watched.keys()]).to.deep.equal(['/some/folder', '/some']);
  });

  it('is due when the poll is, without any report', async () => {
    const next = trigger.next();
    expect(seams.pending).to.deep.equal([POLL_MS]);
    await seams.fire(POLL_MS);
    expect([...(await next)]).to.deep.equal([]);
  });

  it('is due when reports pause, with what they named', async () => {
    const next = trigger.next();
    seams.report('/some/folder', 'a.yaml');
    seams.report('/some/folder', 'b.yaml');
    expect(seams.pending).to.deep.equal([QUIET_MS, MAX_WAIT_MS, POLL_MS]);
    await seams.fire(QUIET_MS);
    expect([...(await next)]).to.deep.equal(['/some/folder/a.yaml', '/some/folder/b.yaml']);
    expect(seams.pending).to.deep.equal([]);
  });

  it('is due when reports do not pause', async () => {
    const next = trigger.next();
    seams.report('/some/folder', 'a.yaml');
    await seams.fire(MAX_WAIT_MS);
    expect([...(await next)]).to.deep.equal(['/some/folder/a.yaml']);
    expect(seams.pending).to.deep.equal([]);
  });

  it('is due at once when it became so while nobody waited', async () => {
    seams.report('/some/folder', 'a.yaml');
    await seams.fire(QUIET_MS);
    expect([...(await trigger.next())]).to.deep.equal(['/some/folder/a.yaml']);
  });

  it('takes a report of the path itself, and no other, from the folder above', () => {
    seams.report('/some', 'other');
    expect(seams.pending).to.deep.equal([]);
    seams.report('/some', 'folder');
    expect(seams.pending).to.deep.equal([QUIET_MS, MAX_WAIT_MS]);
  });

  it('takes a report without a name, from either', async () => {
    for (const path of ['/some/folder', '/some']) {
      seams.report(path, undefined);
      await seams.fire(QUIET_MS);
      expect([...(await trigger.next())]).to.deep.equal(['/some/folder']);
    }
  });

  it('ends all watches and timers, and whoever waits, when it is closed', async () => {
    const next = trigger.next();
    seams.report('/some/folder', 'a.yaml');
    trigger.close();
    await next;
    expect(seams.watched.size).to.equal(0);
    expect(seams.pending).to.deep.equal([]);
  });

  it('says why a path cannot be watched, but not that it is not there', () => {
    seams.watchError = Object.assign(new Error('ENOSPC: no more watches'), { code: 'ENOSPC' });
    expect(trigger.arm()).to.equal('ENOSPC: no more watches');
    seams.watchError = Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    expect(trigger.arm()).to.equal(undefined);
  });

  it('hears of a real file in a real folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchyard-trigger-'));
    const real = new ChangeTrigger(folder, TIMING, SYSTEM_SEAMS);
    try {
      real.arm();
      const next = real.next();
      writeFileSync(join(folder, 'a.yaml'), '');
      expect([...(await next)]).to.include(join(folder, 'a.yaml'));
    } finally {
      real.close();
      rmSync(folder, { recursive: true });
    }
  });
});
