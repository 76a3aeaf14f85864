import { expect } from 'chai';
import { createServers, type AgentServers } from '../../agent/servers.ts';
import type { AgentConfig } from '../../agent/config/agent-config.ts';
import type { Ip } from '../../rules/ip.ts';
import { load } from './config/support.ts';
import { get } from './support/http.ts';
import { makeProxy, makeTransport } from './support/proxy.ts';
import { createUserspaceProxy } from '../../agent/userspace/userspace-proxy.ts';

const LOOPBACK = { ip: '127.0.0.1' as Ip, port: 0 };
const NODE = { name: 'node-1', zone: '', ips: [], podCIDRs: [], isEligible: true };

const NOTHING_IN_USERSPACE = createUserspaceProxy({ observers: [] });

describe("the agent's servers", () => {
  let started: AgentServers | undefined;

  /** Servers that listen as configured; `portOf` tells where. */
  async function start(servers: AgentConfig['servers']) {
    const config = { ...load([]).config, servers };
    const made = makeProxy(makeTransport(), config);
    started = createServers({
      ...made,
      currentConfig: () => config,
      userspace: NOTHING_IN_USERSPACE,
      freshness: () => [],
      events: { record: () => undefined },
    });
    await started.start();
    const portOf = (server: string): number =>
      Number(made.lines.find((line) => line.server === server)?.port);
    return { ...made, servers: started, portOf };
  }

  afterEach(async () => {
    await started?.stop();
    started = undefined;
  });

  it('answer health before anything was synced, and follow the proxy and the node', async () => {
    const { proxy, view, servers, portOf } = await start({
      healthz: LOOPBACK,
      metrics: LOOPBACK,
      isHardFail: true,
    });
    const port = portOf('health');
    const status = async (path: string) => (await get(port, path)).status;
    expect([await status('/healthz'), await status('/livez')]).to.deep.equal([503, 200]);
    expect((await get(port, '/readyz')).text).to.include('IPv4: not synced yet');
    view.upsertNode(NODE);
    servers.syncLoopBegins();
    await proxy.sync();
    expect([await status('/healthz'), await status('/readyz')]).to.deep.equal([200, 200]);
    view.upsertNode({ ...NODE, isEligible: false });
    expect([await status('/healthz'), await status('/livez')]).to.deep.equal([503, 200]);
    const { text } = await get(portOf('metrics'), '/metrics');
    expect(text).to.include('kubeproxy_proxy_healthz_total{code="503"} 2\n');
    expect(text).to.include(
      'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 1',
    );
  });

  it('listen nowhere unless they are asked to', async () => {
    const { lines } = await start({ healthz: undefined, metrics: undefined, isHardFail: true });
    expect(lines).to.deep.equal([]);
  });

  it('end when they are told to, twice if need be', async () => {
    const { servers, portOf } = await start({
      healthz: LOOPBACK,
      metrics: undefined,
      isHardFail: true,
    });
    await servers.stop();
    await servers.stop();
    const answer = await get(portOf('health'), '/livez').then(() => 'answers', String);
    expect(answer).to.include('fetch failed');
  });
});
