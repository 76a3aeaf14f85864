/** Connections, and datagrams that ask for an answer; nothing here ever rejects. */
import dgram from 'node:dgram';
import net from 'node:net';
import { reset } from '../../../agent/userspace/reset.ts';
import { familyOf } from '../../../rules/ip.ts';
import {
  type Answer,
  type ConnectManyRequest,
  type ConnectRequest,
  type ConnectResult,
  DEFAULT_TIMEOUT_MS,
} from './protocol.ts';

/** Connects, reads the answer, and closes. */
export async function connect(request: ConnectRequest): Promise<ConnectResult> {
  if (request.protocol === 'udp') return askByDatagram(request);
  const { result, socket } = await openTcp(request);
  // A reset instead of an orderly end leaves no TIME_WAIT: thousands of connections find ports.
  if (result.outcome === 'answered') reset(socket);
  else socket.destroy();
  return result;
}

/** Connects `count` times, at most `concurrency` at once; the results in order of their start. */
export async function connectMany(request: ConnectManyRequest): Promise<ConnectResult[]> {
  const results: ConnectResult[] = [];
  let started = 0;
  const work = async (): Promise<void> => {
    while (started < request.count) {
      const index = started++;
      results[index] = await connect(request);
    }
  };
  await Promise.all(Array.from({ length: request.concurrency }, work));
  return results;
}

/** Opens a TCP connection and waits for the answer. The socket is the caller's, whatever the result. */
export function openTcp(
  request: Omit<ConnectRequest, 'protocol'>,
): Promise<{ result: ConnectResult; socket: net.Socket }> {
  const socket = net.connect({
    host: request.ip,
    port: request.port,
    localAddress: request.sourceIp,
    localPort: request.sourcePort,
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      finish({ outcome: 'timeout' });
    }, request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    let received = '';
    const onData = (bytes: Buffer): void => {
      received += bytes.toString();
      if (received.endsWith('\n')) finish(parseAnswer(received));
    };
    const onError = (error: Error): void => {
      finish(failure(error));
    };
    const onClose = (): void => {
      finish({ outcome: 'error', code: 'closed without an answer' });
    };
    const finish = (result: ConnectResult): void => {
      clearTimeout(timer);
      // onError stays: an error that nobody listens to would end the process.
      socket.off('data', onData).off('close', onClose);
      resolve({ result, socket });
    };
    socket.on('data', onData).on('error', onError).on('close', onClose);
  });
}

// --- internal ---

function askByDatagram(request: ConnectRequest): Promise<ConnectResult> {
  const socket = dgram.createSocket(familyOf(request.ip) === 'IPv4' ? 'udp4' : 'udp6');
  return new Promise((resolve) => {
    let isFinished = false;
    const finish = (result: ConnectResult): void => {
      if (isFinished) return;
      isFinished = true;
      clearTimeout(timer);
      socket.close();
      resolve(result);
    };
    const timer = setTimeout(() => {
      finish({ outcome: 'timeout' });
    }, request.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    socket.on('message', (message) => {
      finish(parseAnswer(message.toString()));
    });
    // A connected socket hears of ICMP errors.
    socket.on('connect', () => {
      socket.send('?', (error) => {
        // Our own rules stopped the datagram (EPERM). If they rejected it, the ICMP error follows.
        if (error !== null && codeOf(error) !== 'EPERM') finish(failure(error));
      });
    });
    socket.on('error', (error) => {
      finish(failure(error));
    });
    socket.bind(request.sourcePort ?? 0, request.sourceIp, () => {
      socket.connect(request.port, request.ip);
    });
  });
}

/** What listen.ts wrote. */
function parseAnswer(text: string): ConnectResult {
  return { outcome: 'answered', ...(JSON.parse(text) as Answer) };
}

function failure(error: Error): ConnectResult {
  const code = codeOf(error);
  return code === 'ECONNREFUSED' ? { outcome: 'rejected' } : { outcome: 'error', code };
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
