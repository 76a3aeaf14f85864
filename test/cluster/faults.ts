/** What a test API server does wrong, on demand. */
import type { ServerResponse } from 'node:http';
import { isMatch, type LoggedRequest, type RequestMatch } from './request-log.ts';

/** What goes wrong with a request. */
export type Fault =
  /** Refused with a Status; a Retry-After header if there are seconds, or a date. */
  | {
      readonly kind: 'status';
      readonly code: number;
      readonly retryAfterSeconds?: number;
      readonly retryAfterDate?: Date;
    }
  /** Never answered. */
  | { readonly kind: 'hang' }
  /** The connection ends without an answer. */
  | { readonly kind: 'drop' }
  /** Answered with 200 and this text. */
  | { readonly kind: 'body'; readonly text: string }
  /** The answer's body comes in pieces of this many bytes, each by itself. */
  | { readonly kind: 'slow'; readonly pieceBytes: number }
  /** The answer's body begins, and the rest never comes. */
  | { readonly kind: 'stall'; readonly afterBytes: number }
  /** The answer's body begins, and then the connection ends. */
  | { readonly kind: 'cut'; readonly afterBytes: number };

/** The faults that wait for their requests. */
export class Faults {
  #planned: Plan[] = [];

  /** Lets this go wrong with the next matching requests; more than one plan apply in their order. */
  add(match: RequestMatch, fault: Fault, times = 1): void {
    this.#planned.push({ match, fault, times });
  }

  /** Forgets all that has not happened yet. */
  clear(): void {
    this.#planned = [];
  }

  /** What is to go wrong with a request, if anything; counts as having happened. */
  take(request: Pick<LoggedRequest, 'verb' | 'resource'>): Fault | undefined {
    const plan = this.#planned.find(({ match, times }) => times > 0 && isMatch(request, match));
    if (plan !== undefined) plan.times -= 1;
    return plan?.fault;
  }
}

/** Sends a JSON text as the fault wants it, or as it should be. */
export async function sendText(
  response: ServerResponse,
  text: string,
  fault: Fault | undefined,
): Promise<void> {
  const bytes = Buffer.from(text);
  if (fault?.kind === 'slow') {
    for (let start = 0; start < bytes.length; start += fault.pieceBytes) {
      await writePiece(response, bytes.subarray(start, start + fault.pieceBytes));
    }
    response.end();
  } else if (fault?.kind === 'stall' || fault?.kind === 'cut') {
    await writePiece(response, bytes.subarray(0, fault.afterBytes));
    if (fault.kind === 'cut') response.destroy();
  } else {
    response.end(bytes);
  }
}

// --- internal ---

interface Plan {
  readonly match: RequestMatch;
  readonly fault: Fault;
  times: number;
}

/** Resolves when the piece has left, so that it arrives alone. */
async function writePiece(response: ServerResponse, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(piece, () => {
      resolve();
    });
  });
}
