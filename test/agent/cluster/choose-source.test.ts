import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { chooseSource } from '../../../agent/cluster/choose-source.ts';
import { ConfigError } from '../../../agent/config/config-error.ts';
import { createTestApiServer } from '../../cluster/api-server.ts';
import { eventually } from '../../support/eventually.ts';
import { load } from '../config/support.ts';
import { recordLog } from '../support/log.ts';
import { serviceObject, serviceYaml } from './support/manifests.ts';
import { RecordingSink } from './support/recording-sink.ts';
import { put, useTempFolder } from './support/temp-folder.ts';

describe('the source of the cluster', () => {
  const at = useTempFolder();
  let controller: AbortController;

  beforeEach(() => {
    controller = new AbortController();
  });

  afterEach(() => {
    controller.abort();
  });

  function choose(argv: readonly string[], manifests?: string, { log } = recordLog()) {
    const { config } = load(argv);
    return chooseSource({ manifests, master: '', config, nodeName: 'node-1', log });
  }

  it('is an API server where a kubeconfig file is given', async () => {
    const server = await createTestApiServer();
    try {
      server.put(serviceObject('web'));
      await writeFile(at('kubeconfig'), server.kubeconfig());
      const chosen = await choose(['--kubeconfig', at('kubeconfig')]);
      const statuses: (number | undefined)[] = [];
      const source = chosen.create({ answered: (_verb, _kind, status) => statuses.push(status) });
      const sink = new RecordingSink();
      await source.start(sink, controller.signal);
      expect(chosen.isApiServer).to.equal(true);
      expect(sink.take()).to.include('+service default/web 80');
      expect(statuses.slice(0, 4)).to.deep.equal([200, 200, 200, 200]);
    } finally {
      controller.abort();
      await server.close();
    }
  });

  it('says of an API server that refuses the agent what it refuses', async () => {
    const server = await createTestApiServer();
    const recorded = recordLog();
    try {
      server.faults.add({ verb: 'list', resource: 'services' }, { kind: 'status', code: 403 }, 9);
      await writeFile(at('kubeconfig'), server.kubeconfig());
      const chosen = await choose(['--kubeconfig', at('kubeconfig')], undefined, recorded);
      const start = chosen.create({}).start(new RecordingSink(), controller.signal);
      await eventually(() => recorded.lines.length > 1, 'it says what is wrong');
      controller.abort();
      await Promise.allSettled([start]);
    } finally {
      await server.close();
    }
    const [, line] = recorded.lines;
    expect(line?.msg).to.equal('the API server refuses us: the rules stay as they are');
    expect(line).to.deep.include({ kinds: ['Service'] });
    expect(line?.error).to.match(/^403: /);
  });

  it('is manifest files where they are named, whatever else there is', async () => {
    await put(at('web.yaml'), serviceYaml('web'));
    const chosen = await choose(['--kubeconfig', at('missing')], at());
    const sink = new RecordingSink();
    await chosen.create({}).start(sink, controller.signal);
    expect(chosen.isApiServer).to.equal(false);
    expect(sink.take()).to.deep.equal(['+service default/web 80', 'changed']);
  });

  it('is refused where there is none', async () => {
    const error: unknown = await choose([]).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(ConfigError);
  });
});
