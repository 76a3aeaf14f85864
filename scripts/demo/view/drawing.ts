/** The world as a drawing. */
import { alignColumns } from './columns.ts';

/** What is drawn. */
export interface Scene {
  readonly client: DrawnHost;
  readonly router: string;
  readonly nodes: readonly DrawnNode[];
}

/** A node with what is on it. */
export interface DrawnNode extends DrawnHost {
  /** Rows of cells: a pod's name, its address, what it does. */
  readonly pods: readonly (readonly string[])[];
}

/** A host and its addresses. */
export interface DrawnHost {
  readonly name: string;
  readonly addresses: readonly string[];
}

/** The client on top, the router, and the nodes side by side with their pods. */
export function drawScene({ client, router, nodes }: Scene): string[] {
  const blocks = nodes.map(drawNode);
  const width = Math.max(...blocks.flat().map((line) => line.length)) + GAP;
  // A node's line down hangs over its name.
  const posts = blocks.map((_, index) => index * width + POST);
  const [first = 0, last = 0] = [posts.at(0), posts.at(-1)];
  const middle = Math.floor((first + last) / 2);
  const at = (column: number, text: string): string => ' '.repeat(column) + text;
  const centred = (text: string): string => at(middle - Math.floor(text.length / 2), text);
  return [
    centred([client.name, ...client.addresses].join('  ')),
    centred('|'),
    centred(router),
    at(first, `.${'-'.repeat(middle - first - 1)}'${'-'.repeat(last - middle - 1)}.`),
    ...sideBySide(blocks, width),
  ];
}

// --- internal ---

const GAP = 4;

const POST = 2;

function drawNode({ name, addresses, pods }: DrawnNode): string[] {
  return [name, ...addresses, ...alignColumns(pods).map((line) => `  ${line}`)];
}

function sideBySide(blocks: readonly (readonly string[])[], width: number): string[] {
  const height = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: height }, (_, index) =>
    blocks
      .map((block) => (block[index] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  );
}
