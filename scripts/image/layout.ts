/**
 * An image as files: an OCI image layout (version 1.0 of the image specification). Names of blobs are
 * digests of their content, so equal files make an equal image.
 */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { RUNTIME } from './contents.ts';
import { textFile, withParents, type ImageFile } from './file.ts';
import { packTar } from './tar.ts';

/** An image. */
export interface ImageLayout {
  /** Of the manifest: what identifies the image. */
  readonly digest: string;
  /** The layout's files, their paths starting at its folder. */
  readonly files: readonly ImageFile[];
}

/**
 * Makes the layout of an image out of the files of its layers, the lowest first. Throws for a name
 * without a tag.
 */
export function imageLayout(
  layers: readonly (readonly ImageFile[])[],
  image: { readonly name: string; readonly architecture: string },
): ImageLayout {
  const packed = layers.map(packLayer);
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    created: NO_TIME,
    architecture: image.architecture,
    os: 'linux',
    config: {
      User: RUNTIME.user,
      Env: Object.entries(RUNTIME.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: RUNTIME.entrypoint,
      WorkingDir: '/',
      Labels: RUNTIME.labels,
    },
    rootfs: { type: 'layers', diff_ids: packed.map(({ diffId }) => diffId) },
    history: packed.map(() => ({ created: NO_TIME, created_by: 'scripts/image.ts' })),
  });
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: config.descriptor,
    layers: packed.map(({ blob }) => blob.descriptor),
  });
  const index = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ ...manifest.descriptor, annotations: annotationsOf(image.name) }],
  };
  const blobs = [...packed.map(({ blob }) => blob), config, manifest];
  return {
    digest: manifest.descriptor.digest,
    files: withParents([
      textFile('/oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' })),
      textFile('/index.json', JSON.stringify(index)),
      ...blobs.map(({ descriptor, bytes }) => {
        return { path: `/blobs/${descriptor.digest.replace(':', '/')}`, mode: 0o644, bytes };
      }),
    ]),
  };
}

/** The architecture's name in images; throws for one that nobody has tried. */
export function imageArchitecture(arch: string): string {
  const name = ARCHITECTURES[arch];
  if (name === undefined) throw new Error(`no image can be made for the architecture ${arch}`);
  return name;
}

// --- internal ---

const NO_TIME = '1970-01-01T00:00:00Z';

/** Node's names to Go's. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

interface Blob {
  readonly descriptor: {
    readonly mediaType: string;
    readonly digest: string;
    readonly size: number;
  };
  readonly bytes: Buffer;
}

function packLayer(files: readonly ImageFile[]): { diffId: string; blob: Blob } {
  const tar = packTar(files);
  // zlib writes no time and no name into the header.
  const blob = blobOf('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(tar));
  return { diffId: digestOf(tar), blob };
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  return blobOf(mediaType, Buffer.from(JSON.stringify(value)));
}

function blobOf(mediaType: string, bytes: Buffer): Blob {
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The tag for tools that read layouts; the whole name for containerd, which imports archives of them. */
function annotationsOf(name: string): Record<string, string> {
  const tag = /:(\w[\w.-]*)$/.exec(name)?.[1];
  if (tag === undefined) {
    throw new RangeError(
      `a name with a tag was wanted, as in localhost/switchyard:dev, not ${name}`,
    );
  }
  return { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tag };
}
