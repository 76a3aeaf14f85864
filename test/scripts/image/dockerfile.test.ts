import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import packageJson from '../../../package.json' with { type: 'json' };
import { PROGRAMS, RUNTIME, SYSTEM_FILES } from '../../../scripts/image/contents.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** The instructions of the Dockerfile, continued lines joined. */
const INSTRUCTIONS = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, '')
  .split('\n')
  .filter((line) => line !== '');

/** The arguments of all instructions of a kind. */
function argumentsOf(kind: string): string[] {
  return INSTRUCTIONS.filter((line) => line.startsWith(`${kind} `)).map((line) =>
    line.slice(kind.length + 1),
  );
}

/** `a=b c="d e"` as an object. */
function pairsIn(text: string): Record<string, string | undefined> {
  const pairs = text.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries(
    [...pairs].map(([, name, quoted, plain]): [string, string | undefined] => {
      return [name ?? '', quoted ?? plain];
    }),
  );
}

describe('the Dockerfile', () => {
  it('installs the packages that the image is made of, and no other', () => {
    const [, packages = ''] =
      /apt-get install -y --no-install-recommends ([a-z0-9 -]+?) +&&/.exec(
        argumentsOf('RUN').join('\n'),
      ) ?? [];
    const wanted = new Set([...Object.values(PROGRAMS), ...Object.values(SYSTEM_FILES)]);
    expect(packages.split(' ')).to.have.members([...wanted]);
  });

  it('copies nothing into the image but the root file system that the script makes', () => {
    expect(argumentsOf('RUN')).to.include('node scripts/image.ts --root /root-of-image');
    const afterScratch = INSTRUCTIONS.slice(INSTRUCTIONS.indexOf('FROM scratch') + 1);
    expect(afterScratch.filter((line) => /^(RUN|COPY|ADD) /.test(line))).to.deep.equal([
      'COPY --from=build /root-of-image /',
    ]);
  });

  it('tells the runtime what the script tells it', () => {
    expect(JSON.parse(argumentsOf('ENTRYPOINT').join())).to.deep.equal(RUNTIME.entrypoint);
    expect(argumentsOf('USER')).to.deep.equal([RUNTIME.user]);
    expect(pairsIn(argumentsOf('ENV').join(' '))).to.deep.equal(RUNTIME.env);
    expect(pairsIn(argumentsOf('LABEL').join(' '))).to.deep.equal(RUNTIME.labels);
  });

  it('builds with the Node version that npm installs', () => {
    const version = packageJson.devDependencies.node;
    expect(argumentsOf('FROM')).to.include(`node:${version}-bookworm-slim AS build`);
  });
});
