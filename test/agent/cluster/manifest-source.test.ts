import { writeFileSync } from 'node:fs';
import { mkdir, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import {
  createManifestSource,
  createManifestSourceWith,
} from '../../../agent/cluster/manifest-source.ts';
import { ManifestPathError } from '../../../agent/cluster/problems.ts';
import { nodeIp, SERVICE_CIDR } from '../../support/addresses.ts';
import { ManualSeams } from './support/manual-seams.ts';
import {
  documents,
  nodeYaml,
  serviceCidrYaml,
  serviceYaml,
  sliceYaml,
} from './support/manifests.ts';
import { RecordingSink } from './support/recording-sink.ts';
import { put, useTempFolder } from './support/temp-folder.ts';

const NO_STDIN = Readable.from([]);

/** So slow a poll never runs in a test: what is noticed was reported by the file system. */
const QUICK = { quietMs: 5, maxWaitMs: 100, pollMs: 600_000 };

describe('manifest source', () => {
  const at = useTempFolder();
  let sink: RecordingSink;
  let controller: AbortController;

  beforeEach(() => {
    sink = new RecordingSink();
    controller = new AbortController();
  });

  afterEach(() => {
    controller.abort();
  });

  function follow(path: string): Promise<void> {
    const source = createManifestSource({ path, stdin: NO_STDIN, timing: QUICK });
    return source.start(sink, controller.signal);
  }

  describe('the first listing', () => {
    it('tells of every object of every kind, and that something changed, once', async () => {
      await put(
        at('all.yaml'),
        documents(
          serviceYaml('web'),
          sliceYaml('web-1', 'web'),
          nodeYaml('node-1'),
          serviceCidrYaml('cidrs', SERVICE_CIDR.IPv4),
        ),
      );
      await follow(at());
      expect(sink.take()).to.deep.equal([
        '+service default/web 80',
        '+slice default/web-1 of default/web: 1',
        `+node node-1 ${nodeIp('IPv4', 1)}`,
        `+cidrs cidrs ${SERVICE_CIDR.IPv4}`,
        'changed',
      ]);
    });

    it('of an empty folder tells of nothing', async () => {
      await follow(at());
      expect(sink.take()).to.deep.equal([]);
    });

    it('of a path that does not exist rejects', async () => {
      const error: unknown = await follow(at('missing')).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ManifestPathError);
    });

    it('tells of problems and uses the rest', async () => {
      await put(at('a.yaml'), documents('kind: [\n', serviceYaml('web')));
      await follow(at());
      const [problem, ...others] = sink.take();
      expect(problem).to.match(/^problem .*a\.yaml:2: invalid YAML at column 1: /);
      expect(others).to.deep.equal(['+service default/web 80', 'changed']);
    });

    it('rejects with the reason when the signal has aborted', async () => {
      controller.abort(new Error('stopped'));
      const error: unknown = await follow(at()).catch((reason: unknown) => reason);
      expect(error).to.have.property('message', 'stopped');
      expect(sink.take()).to.deep.equal([]);
    });
  });

  describe('standard input', () => {
    it('is read to its end, once', async () => {
      const stdin = new PassThrough();
      const started = createManifestSource({ path: '-', stdin }).start(sink, controller.signal);
      const text = documents(serviceYaml('a'), serviceYaml('b'));
      stdin.write(text.slice(0, 50));
      stdin.end(text.slice(50));
      await started;
      expect(sink.take()).to.deep.equal([
        '+service default/a 80',
        '+service default/b 80',
        'changed',
      ]);
    });

    it('that does not end is given up when the signal aborts', async () => {
      const stdin = new PassThrough();
      const started = createManifestSource({ path: '-', stdin }).start(sink, controller.signal);
      controller.abort(new Error('stopped'));
      const error: unknown = await started.catch((reason: unknown) => reason);
      expect(error).to.have.property('message', 'stopped');
      expect(stdin.destroyed).to.be.true;
    });
  });

  describe('a change', () => {
    it('of one object among others is told alone', async () => {
      await put(at('a.yaml'), documents(serviceYaml('a'), serviceYaml('b')));
      await put(at('c.yaml'), serviceYaml('c'));
      await follow(at());
      sink.take();
      await put(at('a.yaml'), documents(serviceYaml('a'), serviceYaml('b', 81)));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/b 81', 'changed']);
    });

    it('of comments and order only is not told', async () => {
      await put(at('a.yaml'), documents(serviceYaml('a'), serviceYaml('b')));
      await follow(at());
      sink.take();
      await put(at('a.yaml'), documents('# new\n', serviceYaml('b'), serviceYaml('a')));
      await put(at('c.yaml'), serviceYaml('c'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/c 80', 'changed']);
    });

    it('of every kind is told, and so is its end', async () => {
      await follow(at());
      await put(
        at('all.yaml'),
        documents(
          serviceYaml('web'),
          sliceYaml('web-1', 'web'),
          nodeYaml('node-1'),
          serviceCidrYaml('cidrs', SERVICE_CIDR.IPv6),
        ),
      );
      expect(await sink.takeUntil('changed')).to.have.lengthOf(5);
      await rm(at('all.yaml'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '-service default/web',
        '-slice default/web-1',
        '-node node-1',
        '-cidrs cidrs',
        'changed',
      ]);
    });

    it('by a rename over the file is noticed', async () => {
      await put(at('web.yaml'), serviceYaml('web', 80));
      await follow(at('web.yaml'));
      sink.take();
      for (const port of [81, 82]) {
        await put(at('new'), serviceYaml('web', port));
        await rename(at('new'), at('web.yaml'));
        const told = await sink.takeUntil('changed');
        expect(told).to.deep.equal([`+service default/web ${port}`, 'changed']);
      }
    });

    it('by a write to the file behind a link is noticed', async () => {
      await mkdir(at('elsewhere'));
      await put(at('elsewhere', 'real.yaml'), serviceYaml('web', 80));
      await symlink(at('elsewhere', 'real.yaml'), at('link.yaml'));
      await follow(at('link.yaml'));
      sink.take();
      writeFileSync(at('elsewhere', 'real.yaml'), serviceYaml('web', 81));
      const told = await sink.takeUntil('changed');
      expect(told).to.deep.equal(['+service default/web 81', 'changed']);
    });

    it('by a switch of the ..data link of a mounted ConfigMap is noticed, as one change', async () => {
      for (const [version, port] of [
        ['..1', 80],
        ['..2', 81],
      ] as const) {
        await mkdir(at(version));
        await put(at(version, 'a.yaml'), serviceYaml('a', port));
        await put(at(version, 'b.yaml'), serviceYaml('b', port));
      }
      await symlink('..1', at('..data'));
      await symlink('..data/a.yaml', at('a.yaml'));
      await symlink('..data/b.yaml', at('b.yaml'));
      await follow(at());
      expect(sink.take()).to.include('+service default/a 80');
      await symlink('..2', at('..data_tmp'));
      await rename(at('..data_tmp'), at('..data'));
      expect(await sink.takeUntil('changed')).to.deep.equal([
        '+service default/a 81',
        '+service default/b 81',
        'changed',
      ]);
    });

    it('by a switch of a link to the folder is noticed, and so is the next in the new folder', async () => {
      for (const [folder, port] of [
        ['old', 80],
        ['new', 81],
      ] as const) {
        await mkdir(at(folder));
        await put(at(folder, 'web.yaml'), serviceYaml('web', port));
      }
      await symlink('old', at('current'));
      await follow(at('current'));
      sink.take();
      await symlink('new', at('next'));
      await rename(at('next'), at('current'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/web 81', 'changed']);
      await put(at('new', 'web.yaml'), serviceYaml('web', 82));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/web 82', 'changed']);
    });

    it('to a file cut in half tells of one problem and deletes nothing', async () => {
      const text = documents(serviceYaml('a'), serviceYaml('b'), serviceYaml('c'));
      await put(at('all.yaml'), text);
      await follow(at());
      sink.take();
      await put(at('all.yaml'), text.slice(0, text.indexOf('ports', 150) + 2));
      const told = await sink.takeUntil('problem');
      expect(told).to.have.lengthOf(1);
      expect(told[0]).to.match(/all\.yaml:16: invalid YAML at column 3: /);
      await put(at('all.yaml'), documents(text, serviceYaml('d')));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/d 80', 'changed']);
    });

    it('of a duplicate is told when the first definition goes', async () => {
      await put(at('a.yaml'), serviceYaml('web', 1));
      await put(at('b.yaml'), serviceYaml('web', 2));
      await follow(at());
      expect(sink.take()[0]).to.match(/b\.yaml:1: Service default\/web: left out: /);
      await unlink(at('a.yaml'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/web 2', 'changed']);
    });
  });

  describe('a folder that disappears', () => {
    it('is told of once, leaves everything as it was, and is picked up when it is back', async () => {
      await mkdir(at('manifests'));
      await put(at('manifests', 'a.yaml'), documents(serviceYaml('a'), serviceYaml('b')));
      await follow(at('manifests'));
      sink.take();

      await rename(at('manifests'), at('moved'));
      expect(await sink.takeUntil('problem')).to.deep.equal([
        `problem ${at('manifests')}: expected a file, a folder or - at ${at('manifests')}, ` +
          'found nothing; its objects stay as they are until it is back',
      ]);

      await put(at('moved', 'a.yaml'), documents(serviceYaml('a', 81), serviceYaml('b')));
      await rename(at('moved'), at('manifests'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/a 81', 'changed']);

      await put(at('manifests', 'a.yaml'), serviceYaml('a', 81));
      expect(await sink.takeUntil('changed')).to.deep.equal(['-service default/b', 'changed']);
    });

    it('and comes back as another folder is followed there', async () => {
      await mkdir(at('manifests'));
      await put(at('manifests', 'a.yaml'), serviceYaml('a'));
      await follow(at('manifests'));
      sink.take();
      await rm(at('manifests'), { recursive: true });
      await sink.takeUntil('problem');
      await mkdir(at('prepared'));
      await put(at('prepared', 'a.yaml'), serviceYaml('a', 81));
      await rename(at('prepared'), at('manifests'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/a 81', 'changed']);
      await put(at('manifests', 'b.yaml'), serviceYaml('b'));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/b 80', 'changed']);
    });

    it('is like a file that disappears', async () => {
      await put(at('web.yaml'), serviceYaml('web'));
      await follow(at('web.yaml'));
      sink.take();
      await rm(at('web.yaml'));
      expect(await sink.takeUntil('problem')).to.have.lengthOf(1);
      await put(at('web.yaml'), serviceYaml('web', 81));
      expect(await sink.takeUntil('changed')).to.deep.equal(['+service default/web 81', 'changed']);
    });
  });

  describe('without reports from the file system', () => {
    const { pollMs } = QUICK;
    let seams: ManualSeams;

    beforeEach(() => {
      seams = new ManualSeams();
    });

    function followManually(path: string): Promise<void> {
      const source = createManifestSourceWith({ path, stdin: NO_STDIN, timing: QUICK }, seams);
      return source.start(sink, controller.signal);
    }

    /** Lets the source look once more, and waits until it has. */
    async function poll(): Promise<string[]> {
      await seams.fire(pollMs);
      await seams.started(pollMs);
      return sink.take();
    }

    it('changes are found by polling', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      await followManually(at());
      expect(sink.take()).to.deep.equal(['+service default/a 80', 'changed']);
      expect(await poll()).to.deep.equal([]);
      await writeFile(at('a.yaml'), serviceYaml('a', 8080));
      expect(await poll()).to.deep.equal(['+service default/a 8080', 'changed']);
      expect(await poll()).to.deep.equal([]);
    });

    it('a problem is told once while it lasts, even when it moves, and again when it is back', async () => {
      const broken = documents(serviceYaml('a'), serviceYaml('b', 70_000));
      await writeFile(at('a.yaml'), broken);
      await followManually(at());
      expect(sink.take().filter(isProblem)).to.have.lengthOf(1);
      expect((await poll()).filter(isProblem)).to.deep.equal([]);
      await writeFile(at('a.yaml'), `# moved\n${broken}`);
      expect((await poll()).filter(isProblem)).to.deep.equal([]);
      await writeFile(at('a.yaml'), serviceYaml('a'));
      expect((await poll()).filter(isProblem)).to.deep.equal([]);
      await writeFile(at('a.yaml'), broken);
      expect((await poll()).filter(isProblem)).to.have.lengthOf(1);
    });

    it('a folder that stays away is told of once, with the problems that were there', async () => {
      await mkdir(at('manifests'));
      await writeFile(at('manifests', 'a.yaml'), documents(serviceYaml('a'), 'kind: [\n'));
      await followManually(at('manifests'));
      expect(sink.take().filter(isProblem)).to.have.lengthOf(1);
      await rename(at('manifests'), at('moved'));
      expect(await poll()).to.have.lengthOf(1);
      expect(await poll()).to.deep.equal([]);
      await rename(at('moved'), at('manifests'));
      expect(await poll()).to.deep.equal([]);
    });

    it('a path that cannot be watched is a problem, and polled', async () => {
      seams.watchError = Object.assign(new Error('ENOSPC: no more watches'), { code: 'ENOSPC' });
      await followManually(at());
      expect(sink.take()).to.deep.equal([
        `problem ${at()}: changes are noticed within 600 s only, watching failed: ENOSPC: no more watches`,
      ]);
      await writeFile(at('a.yaml'), serviceYaml('a'));
      expect(await poll()).to.deep.equal(['+service default/a 80', 'changed']);
    });

    it('nothing is watched and no timer runs once the signal has aborted', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      await followManually(at());
      await seams.started(pollMs);
      expect([...seams.watched.keys()]).to.deep.equal([at(), at('..')]);
      seams.report(at(), 'a.yaml');
      controller.abort();
      expect(seams.watched.size).to.equal(0);
      expect(seams.pending).to.deep.equal([]);
    });

    it('nothing is watched and no timer runs after a start that failed', async () => {
      await followManually(at('missing')).catch(() => undefined);
      expect(seams.watched.size).to.equal(0);
      expect(seams.pending).to.deep.equal([]);
    });
  });
});

function isProblem(line: string): boolean {
  return line.startsWith('problem');
}
