/** A file or folder of the image. All belong to root, and have no time. */
export interface ImageFile {
  /** Absolute. */
  readonly path: string;
  /** Permissions, such as 0o755. */
  readonly mode: number;
  /** `undefined` for a folder. */
  readonly bytes: Buffer | undefined;
}

/** A file with this content. */
export function textFile(path: string, text: string, mode = 0o644): ImageFile {
  return { path, mode, bytes: Buffer.from(text) };
}

/** An empty folder. */
export function folder(path: string): ImageFile {
  return { path, mode: 0o755, bytes: undefined };
}

/** The files, with every folder above them, each once and parents first. */
export function withParents(files: readonly ImageFile[]): ImageFile[] {
  const byPath = new Map<string, ImageFile>();
  for (const file of files) {
    for (const parent of parentsOf(file.path)) byPath.set(parent, folder(parent));
    byPath.set(file.path, file);
  }
  return [...byPath.values()].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

// --- internal ---

function parentsOf(path: string): string[] {
  const names = path.split('/').slice(1, -1);
  return names.map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}
