import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import {
  mergeFiles,
  readFiles,
  readManifests,
  type FileStates,
  type Manifests,
} from '../../../agent/cluster/manifest-reader.ts';
import { formatProblem, ManifestPathError } from '../../../agent/cluster/problems.ts';
import { documents, nodeYaml, serviceYaml, sliceYaml } from './support/manifests.ts';
import { useTempFolder } from './support/temp-folder.ts';

const NO_STDIN = Readable.from([]);

describe('manifests', () => {
  const at = useTempFolder();

  describe('read once', () => {
    it('from a file', async () => {
      await writeFile(at('web.yaml'), documents(serviceYaml('web'), sliceYaml('web-1', 'web')));
      const manifests = await readManifests(at('web.yaml'), { stdin: NO_STDIN });
      expect(idsOf(manifests)).to.deep.equal([
        'Service default/web',
        'EndpointSlice default/web-1',
      ]);
      expect(manifests.problems).to.deep.equal([]);
    });

    it('from a folder, in the order of the file names', async () => {
      await writeFile(at('b.yaml'), serviceYaml('b'));
      await writeFile(at('a.json'), '{"apiVersion": "apps/v1", "kind": "Deployment"}');
      await writeFile(at('c.yml'), nodeYaml('node-1'));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(idsOf(manifests)).to.deep.equal(['Service default/b', 'Node node-1']);
      expect(Object.fromEntries(manifests.ignored)).to.deep.equal({ 'apps/v1 Deployment': 1 });
    });

    it('from standard input', async () => {
      const stdin = Readable.from([Buffer.from(documents(serviceYaml('web'), 'kind: [\n'))]);
      const manifests = await readManifests('-', { stdin });
      expect(idsOf(manifests)).to.deep.equal(['Service default/web']);
      expect(problemsOf(manifests)).to.have.lengthOf(1);
      expect(problemsOf(manifests)[0]).to.match(/^stdin:11: invalid YAML at column 1: /);
    });

    it('from nothing: an error', async () => {
      const reading = readManifests(at('missing'), { stdin: NO_STDIN });
      expect(await reading.catch((error: unknown) => error)).to.be.instanceOf(ManifestPathError);
    });

    it('from empty files: nothing', async () => {
      await writeFile(at('a.yaml'), '');
      await writeFile(at('b.yaml'), '\n# nothing\n---\n');
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(manifests.objects.size).to.equal(0);
      expect(manifests.problems).to.deep.equal([]);
    });

    it('a file that cannot be read is a problem, and the others are used', async () => {
      await mkdir(at('a.yaml'));
      await writeFile(at('b.yaml'), serviceYaml('b'));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(idsOf(manifests)).to.deep.equal(['Service default/b']);
      expect(problemsOf(manifests)).to.deep.equal([
        `${at('a.yaml')}: expected a regular file, got a folder`,
      ]);
    });
  });

  describe('an object defined twice', () => {
    it('in two files counts as the first file has it', async () => {
      await writeFile(at('a.yaml'), documents(serviceYaml('other'), serviceYaml('web', 1)));
      await writeFile(at('b.yaml'), serviceYaml('web', 2));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(portOf(manifests, 'web')).to.equal(1);
      expect(problemsOf(manifests)).to.deep.equal([
        `${at('b.yaml')}:1: Service default/web: left out: it is already defined at ${at('a.yaml')}:10`,
      ]);
    });

    it('in one file counts as it stands first', async () => {
      await writeFile(at('a.yaml'), documents(serviceYaml('web', 1), serviceYaml('web', 2)));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(portOf(manifests, 'web')).to.equal(1);
      expect(problemsOf(manifests)).to.deep.equal([
        `${at('a.yaml')}:10: Service default/web: left out: it is already defined at ${at('a.yaml')}:1`,
      ]);
    });

    it('once badly counts as the other has it', async () => {
      await writeFile(at('a.yaml'), serviceYaml('web').replace(/clusterIP: .*/, 'clusterIP: x'));
      await writeFile(at('b.yaml'), serviceYaml('web', 2));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(portOf(manifests, 'web')).to.equal(2);
      expect(manifests.problems).to.have.lengthOf(1);
    });

    it('is no duplicate when only the namespace or the kind is another', async () => {
      const shop = serviceYaml('web').replace('name: web', 'name: web\n  namespace: shop');
      await writeFile(at('a.yaml'), documents(serviceYaml('web'), shop, nodeYaml('web')));
      const manifests = await readManifests(at(), { stdin: NO_STDIN });
      expect(manifests.objects.size).to.equal(3);
      expect(manifests.problems).to.deep.equal([]);
    });
  });

  describe('read again', () => {
    it('are parsed anew only where a file changed', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      await writeFile(at('b.yaml'), serviceYaml('b', 1));
      const first = await read(new Map());
      await writeFile(at('b.yaml'), serviceYaml('b', 22));
      const second = await read(first);
      expect(second.get(at('a.yaml'))).to.equal(first.get(at('a.yaml')));
      expect(portOf(mergeFiles(second), 'b')).to.equal(22);
    });

    it('are parsed anew where a file was touched, whatever its version says', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      const first = await read(new Map());
      const second = await readFiles(at(), NO_STDIN, first, new Set([at('a.yaml')]));
      expect(second.get(at('a.yaml'))).to.not.equal(first.get(at('a.yaml')));
      expect(mergeFiles(second)).to.deep.equal(mergeFiles(first));
    });

    const both = documents(serviceYaml('a', 1), serviceYaml('b', 1));
    const changed = documents(serviceYaml('a', 2), serviceYaml('b', 2));
    const rows: { name: string; text: string; a?: number; b?: number; problems: number }[] = [
      { name: 'take every change', text: changed, a: 2, b: 2, problems: 0 },
      { name: 'lose what was deleted', text: serviceYaml('b', 2), b: 2, problems: 0 },
      { name: 'lose all that was commented out', text: '# nothing\n', problems: 0 },
      {
        name: 'lose what became headless',
        text: changed.replace(/clusterIP: .*/, 'clusterIP: None'),
        b: 2,
        problems: 0,
      },
      {
        name: 'keep the old version of an object that is refused now',
        text: changed.replace(/clusterIP: .*/, 'clusterIP: x'),
        a: 1,
        b: 2,
        problems: 1,
      },
      {
        name: 'keep what an object with a strange name may have been',
        text: serviceYaml('a', 2).concat('---\n', serviceYaml('B', 2)),
        a: 2,
        b: 1,
        problems: 1,
      },
      {
        name: 'keep what a broken document hides, and take the change of the intact one',
        text: changed.slice(0, changed.indexOf('ports', changed.indexOf('---'))).concat('po'),
        a: 2,
        b: 1,
        problems: 1,
      },
      { name: 'keep all while the file is empty', text: '', a: 1, b: 1, problems: 1 },
      { name: 'keep all while the file is blank', text: ' \n\n', a: 1, b: 1, problems: 1 },
      { name: 'keep all while the file is no text', text: 'ÿþ', a: 1, b: 1, problems: 1 },
    ];
    for (const { name, text, a, b, problems } of rows) {
      it(name, async () => {
        await writeFile(at('ab.yaml'), both);
        const first = await read(new Map());
        await writeFile(at('ab.yaml'), text, text === 'ÿþ' ? 'latin1' : 'utf8');
        const second = await read(first);
        const manifests = mergeFiles(second);
        expect(portOf(manifests, 'a')).to.equal(a);
        expect(portOf(manifests, 'b')).to.equal(b);
        expect(manifests.problems).to.have.lengthOf(problems);

        await writeFile(at('ab.yaml'), changed);
        const third = mergeFiles(await read(second));
        expect([portOf(third, 'a'), portOf(third, 'b')]).to.deep.equal([2, 2]);
        expect(third.problems).to.deep.equal([]);
      });
    }

    it('cut anywhere lose nothing as long as the end is broken YAML', async () => {
      const text = documents(serviceYaml('a', 1), sliceYaml('a-1', 'a'), serviceYaml('b', 1));
      const before = await readBack(text, new Map());
      let checked = 0;
      for (let length = 0; length < text.length; length += 1) {
        const cut = mergeFiles(await readBack(text.slice(0, length), before));
        // Some cuts leave YAML without a fault: nothing can tell that there was more.
        if (!cut.problems.some(({ message }) => message.startsWith('invalid YAML'))) continue;
        expect(idsOf(cut)).to.include.members(idsOf(mergeFiles(before)));
        checked++;
      }
      expect(checked).to.be.above(50);
    });

    it('lose the objects of a file that was deleted or renamed away', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      await writeFile(at('b.yaml'), serviceYaml('b'));
      await writeFile(at('c.yaml'), serviceYaml('c'));
      const first = await read(new Map());
      await rm(at('a.yaml'));
      await rename(at('b.yaml'), at('b.yaml.off'));
      expect(idsOf(mergeFiles(await read(first)))).to.deep.equal(['Service default/c']);
    });

    it('keep the objects of a file that cannot be read any more', async () => {
      await writeFile(at('a.yaml'), serviceYaml('a'));
      const first = await read(new Map());
      await rm(at('a.yaml'));
      await mkdir(at('a.yaml'));
      const manifests = mergeFiles(await read(first));
      expect(idsOf(manifests)).to.deep.equal(['Service default/a']);
      expect(problemsOf(manifests)).to.deep.equal([
        `${at('a.yaml')}: expected a regular file, got a folder`,
      ]);
    });

    it('take over the second definition when the first is gone', async () => {
      await writeFile(at('a.yaml'), serviceYaml('web', 1));
      await writeFile(at('b.yaml'), serviceYaml('web', 2));
      const first = await read(new Map());
      await rm(at('a.yaml'));
      const manifests = mergeFiles(await read(first));
      expect(portOf(manifests, 'web')).to.equal(2);
      expect(manifests.problems).to.deep.equal([]);
    });
  });

  function read(previous: FileStates): Promise<FileStates> {
    return readFiles(at(), NO_STDIN, previous, new Set());
  }

  async function readBack(text: string, previous: FileStates): Promise<FileStates> {
    await writeFile(at('all.yaml'), text);
    return readFiles(at(), NO_STDIN, previous, new Set([at('all.yaml')]));
  }
});

function idsOf({ objects }: Manifests): string[] {
  return [...objects.keys()];
}

function problemsOf({ problems }: Manifests): string[] {
  return problems.map(formatProblem);
}

function portOf({ objects }: Manifests, name: string): number | undefined {
  const object = objects.get(`Service default/${name}`);
  return object?.kind === 'Service' ? object.value.ports[0]?.port : undefined;
}
