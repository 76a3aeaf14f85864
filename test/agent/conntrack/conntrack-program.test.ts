import { expect } from 'chai';
import { ConntrackError } from '../../../agent/conntrack/conntrack-error.ts';
import { createConntrackTable } from '../../../agent/conntrack/conntrack-program.ts';
import type { FlowTable } from '../../../agent/conntrack/flow-table.ts';
import type { FlowPath } from '../../../rules/conntrack/flow-path.ts';
import { clientIp, clusterIp, podIp } from '../../support/addresses.ts';
import { FakeProgram } from './support/fake-program.ts';

const PATH: FlowPath = {
  destination: clusterIp('IPv4', 1),
  destinationPort: 53,
  replier: podIp('IPv4', 1, 1),
  replierPort: 5353,
};
const LINE =
  `udp      17 29 src=${clientIp('IPv4', 1)} dst=${PATH.destination} sport=4000 dport=53 ` +
  `src=${PATH.replier} dst=${clientIp('IPv4', 1)} sport=5353 dport=4000 mark=0 use=1\\n`;

const PRINT_A_FLOW = `process.stdout.write('${LINE}');`;
const SAY = (text: string): string =>
  `process.stderr.write('conntrack v1.4.7 (conntrack-tools): ${text}\\n');`;
const VANISHED = `${SAY('Operation failed: No such file or directory')} process.exitCode = 1;`;

describe('the conntrack program', () => {
  let fake: FakeProgram | undefined;
  const never = new AbortController().signal;

  afterEach(() => {
    fake?.remove();
    fake = undefined;
  });

  function tableThat(body: string, timeoutMs = 20_000): FlowTable {
    fake = new FakeProgram(body);
    return createConntrackTable({ program: fake.path, timeoutMs });
  }

  async function listed(table: FlowTable, signal = never): Promise<FlowPath[]> {
    const paths: FlowPath[] = [];
    await table.list('IPv4', (path) => paths.push(path), signal);
    return paths;
  }

  async function failureOf(promise: Promise<unknown>): Promise<ConntrackError> {
    try {
      await promise;
    } catch (error) {
      if (error instanceof ConntrackError) return error;
      throw error;
    }
    throw new Error('expected a rejection');
  }

  it('is asked for the UDP flows of one family, outside of any zone', async () => {
    const table = tableThat(`${PRINT_A_FLOW} ${SAY('1 flow entries have been shown.')}`);
    expect(await listed(table)).to.deep.equal([PATH]);
    expect(fake?.calls).to.deep.equal(['-L -p udp -f ipv4 -w 0']);
  });

  it('removes the flows on a path by both of its ends, and counts them', async () => {
    const table = tableThat(`${PRINT_A_FLOW} ${PRINT_A_FLOW}`);
    expect(await table.remove('IPv4', PATH, never)).to.equal(2);
    expect(fake?.calls).to.deep.equal([
      `-D -p udp -f ipv4 -w 0 --orig-dst ${PATH.destination} --orig-port-dst 53 ` +
        `--reply-src ${PATH.replier} --reply-port-src 5353`,
    ]);
  });

  it('may find that the flows are gone', async () => {
    const table = tableThat(`${SAY('0 flow entries have been deleted.')} process.exitCode = 1;`);
    expect(await table.remove('IPv4', PATH, never)).to.equal(0);
    expect(fake?.calls).to.have.length(1);
  });

  it('is run again when a flow ended while it was to be removed', async () => {
    const table = tableThat(`${PRINT_A_FLOW} if (run < 3) { ${VANISHED} }`);
    expect(await table.remove('IPv4', PATH, never)).to.equal(3);
  });

  it('is not run again for ever', async () => {
    const error = await failureOf(tableThat(VANISHED).remove('IPv4', PATH, never));
    expect(error).to.include({ code: 'failed' });
    expect(fake?.calls).to.have.length(5);
  });

  it('says when it may not', async () => {
    const table = tableThat(
      `${SAY('Operation failed: sorry, you must be root or get CAP_NET_ADMIN')} process.exitCode = 1;`,
    );
    const error = await failureOf(listed(table));
    expect(error.code).to.equal('not-permitted');
    expect(error.message).to.include('sorry, you must be root');
  });

  it('is missed by name', async () => {
    const table = createConntrackTable({ program: 'no-such-conntrack', timeoutMs: 20_000 });
    const error = await failureOf(listed(table));
    expect(error.code).to.equal('program-missing');
    expect(error.message).to.include('no-such-conntrack: install the conntrack package');
  });

  it('is ended when it takes too long', async () => {
    const error = await failureOf(listed(tableThat('setInterval(() => {}, 1000);', 300)));
    expect(error).to.include({ code: 'timeout' });
  });

  it('is ended when the agent stops', async () => {
    const table = tableThat(`${PRINT_A_FLOW} setInterval(() => {}, 1000);`);
    const stop = new AbortController();
    const listing = table.list(
      'IPv4',
      () => {
        stop.abort();
      },
      stop.signal,
    );
    expect(await failureOf(listing)).to.include({ code: 'stopped' });
  });

  it('reports whatever else it says', async () => {
    const error = await failureOf(listed(tableThat(`${SAY('Oh no')} process.exitCode = 2;`)));
    expect(error.code).to.equal('failed');
    expect(error.message).to.match(/conntrack failed: conntrack v1\.4\.7.*Oh no$/);
  });

  it('keeps nothing of a million flows', async () => {
    const table = tableThat(
      `const lines = '${LINE}'.repeat(10_000);
      for (let count = 0; count < 100; count += 1) process.stdout.write(lines);`,
    );
    const before = process.memoryUsage.rss();
    let [flows, peak] = [0, 0];
    const visit = (): void => {
      flows += 1;
      if (flows % 10_000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
    };
    await table.list('IPv4', visit, never);
    expect(flows).to.equal(1_000_000);
    // Kept as they are read, they take about 280 MB.
    expect((peak - before) / 1e6).to.be.lessThan(120);
  });
});
