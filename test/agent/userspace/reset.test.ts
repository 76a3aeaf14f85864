import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { reset } from '../../../agent/userspace/reset.ts';
import { LOOPBACK } from '../../support/addresses.ts';

describe('a reset', () => {
  let server: Server;
  let accepted: Socket;
  let peer: Socket;
  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true });
    server.listen(0, LOOPBACK.IPv4);
    await once(server, 'listening');
    peer = connect((server.address() as AddressInfo).port, LOOPBACK.IPv4);
    [accepted] = (await once(server, 'connection')) as [Socket];
    peer.on('error', () => undefined).resume();
    if (peer.connecting) await once(peer, 'connect');
  });
  afterEach(async () => {
    peer.destroy();
    server.close();
    await once(server, 'close');
  });

  it('is seen by the other end', async () => {
    const failure = once(peer, 'error');
    reset(accepted);
    expect(await failure).to.have.nested.property('[0].code', 'ECONNRESET');
  });

  const MOMENTS = [
    { title: 'in the same turn', wait: () => Promise.resolve() },
    { title: 'in the next turn', wait: () => nextTurn() },
    { title: 'when that is done', wait: (socket: Socket) => once(socket, 'finish') },
  ];
  for (const { title, wait } of MOMENTS) {
    it(`gives the descriptor back after the end was sent, ${title}`, async () => {
      const before = await countDescriptors();
      accepted.resume().end();
      await wait(accepted);
      const closed = Promise.all([once(accepted, 'close'), once(peer, 'close')]);
      reset(accepted);
      await closed;
      expect(await countDescriptors()).to.equal(before - 2);
    });
  }
});

// --- internal ---

async function countDescriptors(): Promise<number> {
  return (await readdir('/proc/self/fd')).length;
}
