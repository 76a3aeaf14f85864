/**
 * The process of one host: does in its network namespace what the controller asks for, one JSON
 * line a request (protocol.ts), and ends when its stdin does.
 *
 * Argument: the host's name.
 */
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { connect, connectMany, openTcp } from './connect.ts';
import { HeldSocket } from './held-socket.ts';
import { type OpenListener, listen } from './listen.ts';
import { Load } from './load.ts';
import type { CommandName, Commands, ReplyLine, RequestLine } from './protocol.ts';
import { Registry } from './registry.ts';
import { type Relay, startRelay } from './relay.ts';

const hostName = process.argv[2] ?? '';
const listeners = new Registry<OpenListener>('listener');
const heldSockets = new Registry<HeldSocket>('held connection');
const loads = new Registry<Load>('load');
const relays = new Registry<Relay>('relay');

type Reply<C extends CommandName> = Commands[C]['reply'] | Promise<Commands[C]['reply']>;

const commands: { readonly [C in CommandName]: (request: Commands[C]['request']) => Reply<C> } = {
  writeSysctls: (sysctls) => {
    for (const [name, value] of Object.entries(sysctls)) {
      writeFileSync(`/proc/sys/${name}`, `${value}\n`);
    }
    return null;
  },
  listen: async (request) => {
    const listener = await listen(hostName, request);
    const id = listeners.add(listener);
    return { id, protocol: request.protocol, port: listener.port };
  },
  countConnections: (id) => listeners.get(id).count(),
  closeListener: (id) => {
    listeners.take(id).close();
    return null;
  },
  connect,
  connectMany,
  hold: async (request) => {
    const { result, socket } = await openTcp(request);
    if (result.outcome !== 'answered') {
      socket.destroy();
      throw new Error(`the connection to hold was not answered: ${JSON.stringify(result)}`);
    }
    const held = new HeldSocket(socket);
    held.start(request.intervalMs);
    return { id: heldSockets.add(held), answer: result };
  },
  checkHeld: (id) => heldSockets.get(id).check(),
  releaseHeld: (id) => heldSockets.take(id).release(),
  startLoad: (request) => {
    const load = new Load(request);
    load.start();
    return loads.add(load);
  },
  reportLoad: (id) => loads.get(id).report(),
  stopLoad: (id) => loads.take(id).stop(),
  startRelay: async ({ from, to }) => relays.add(await startRelay(from, to)),
  stallRelay: (id) => {
    relays.get(id).stall();
    return null;
  },
};

createInterface({ input: process.stdin })
  .on('line', (line) => void handle(JSON.parse(line) as RequestLine))
  .on('close', () => process.exit());

// --- internal ---

async function handle({ id, command, request }: RequestLine): Promise<void> {
  try {
    // Command and request were paired by the type of Host's `#call`; JSON has lost that.
    const run = commands[command] as (request: unknown) => unknown;
    send({ id, reply: await run(request) });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
}

function send(line: ReplyLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
