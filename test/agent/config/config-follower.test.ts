import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { followConfigWith } from '../../../agent/config/config-follower.ts';
import { loadConfig } from '../../../agent/config/load.ts';
import { useTempFolder } from '../cluster/support/temp-folder.ts';
import { ManualSeams } from '../cluster/support/manual-seams.ts';
import { recordLog } from '../support/log.ts';
import { HEADER } from './support.ts';

const POLL_MS = 10_000;

describe('a configuration file that is followed', () => {
  const at = useTempFolder();
  let stop: AbortController;
  let done: Promise<void>;
  let seams: ManualSeams;
  let told: string[];
  let recorded: ReturnType<typeof recordLog>;

  /** Starts to follow a file of this text. */
  async function follow(text: string, file = at('config.yaml')): Promise<void> {
    if (file === at('config.yaml')) write(text);
    [stop, seams, told, recorded] = [new AbortController(), new ManualSeams(), [], recordLog()];
    const load = () => loadConfig({ flags: { config: at('config.yaml') } });
    done = followConfigWith(
      {
        file,
        load,
        initial: load(),
        log: recorded.log,
        apply: ({ masqueradeAll }) => told.push(`apply masqueradeAll=${String(masqueradeAll)}`),
        restart() {
          told.push('restart');
          stop.abort();
        },
        reloaded: (result) => told.push(result),
      },
      stop.signal,
      seams,
    );
    if (file === at('config.yaml')) await seams.started(POLL_MS);
  }

  function write(text: string): void {
    writeFileSync(at('config.yaml'), HEADER + text);
  }

  /** Lets the follower look once more. */
  async function look(): Promise<void> {
    await seams.fire(POLL_MS);
    await seams.started(POLL_MS);
  }

  afterEach(async () => {
    stop.abort();
    await done;
  });

  it('is left alone as long as it says the same', async () => {
    await follow('mode: nftables\n');
    write('# the same in other words\nmode: ""\n');
    await look();
    expect([told, recorded.lines]).to.deep.equal([[], []]);
  });

  it('is in force when a running agent can take up what changed', async () => {
    await follow('');
    write('nftables: {masqueradeAll: true}\nenableProfiling: true\n');
    await look();
    expect(told).to.deep.equal(['apply masqueradeAll=true', 'applied']);
    expect(recorded.lines.map(({ msg }) => msg)).to.match(/enableProfiling makes no sense here/);
    expect(recorded.lines.at(-1)).to.include({
      msg: 'the changed configuration is in force',
      fields: 'nftables.masqueradeAll,enableProfiling',
    });
    await look();
    expect(told).to.have.lengthOf(2);
  });

  it('ends the agent when that takes a new start', async () => {
    await follow('');
    write('metricsBindAddress: 127.0.0.1:1\nnftables: {masqueradeAll: true}\n');
    await seams.fire(POLL_MS);
    await done;
    expect(told).to.deep.equal(['restart']);
    expect(recorded.lines.at(-1)).to.include({ fields: 'metricsBindAddress' });
  });

  it('is refused, once and with all that is wrong, and is taken when it is right again', async () => {
    await follow('');
    write('nope: 1\nmode: ipvs\nnftables: {masqueradeAll: true}\n');
    await look();
    await look();
    expect(told).to.deep.equal(['refused']);
    expect(recorded.lines.map(({ problem }) => String(problem))).to.have.lengthOf(2);
    expect(recorded.lines.map(({ problem }) => problem).join('\n'))
      .to.match(/config\.yaml:4: mode: expected/)
      .and.match(/config\.yaml:3: nope: unknown field/);
    write('nftables: {masqueradeAll: true}\n');
    await look();
    expect(told.slice(1)).to.deep.equal(['apply masqueradeAll=true', 'applied']);
  });

  it('is noticed at once, also when a ConfigMap’s link is what changed', async () => {
    await follow('');
    write('nftables: {masqueradeAll: true}\n');
    seams.report(at(), '..data');
    await seams.fire(100);
    await seams.started(POLL_MS);
    expect(told).to.deep.equal(['apply masqueradeAll=true', 'applied']);
  });

  it('is not followed where it is no file, since reading it again would wait for ever', async () => {
    write('');
    await follow('', '/dev/null');
    await done;
    expect(seams.watched.size).to.equal(0);
  });
});
