/** What an agent says that it has programmed. */
import type { Host } from '../../../scripts/world/host.ts';

/** The rules of a Service's ports, as far as they are the same on all nodes. */
export type Programmed = Readonly<Record<string, readonly string[]>>;

/** What the agent on a node has programmed of a Service, by family and port. */
export async function programmedOf(service: string, node: Host): Promise<Programmed> {
  const url = `http://127.0.0.1:10249/debug/rules?format=json&service=${service}`;
  const script = `process.stdout.write(await (await fetch('${url}')).text())`;
  const { stdout } = await node.exec(process.execPath, ['--input-type=module', '-e', script]);
  const { families } = JSON.parse(stdout) as Inventory;
  return Object.fromEntries(
    families.flatMap(({ family, services }) =>
      services.flatMap(({ ports }) =>
        ports.map(({ port, rules }): [string, string[]] => [
          `${family} ${port}`,
          rules
            // Pods that reach themselves are each node's own.
            .filter(({ collection }) => collection !== 'hairpin-connections')
            // Without the key: which slot an endpoint has depends on which were there before.
            .map(({ collection, value }) => `${collection} ${value}`)
            .sort(),
        ]),
      ),
    ),
  );
}

// --- internal ---

/** The answer, as far as it matters here. */
interface Inventory {
  readonly families: readonly {
    readonly family: string;
    readonly services: readonly {
      readonly ports: readonly {
        readonly port: string;
        readonly rules: readonly { readonly collection: string; readonly value: string }[];
      }[];
    }[];
  }[];
}
