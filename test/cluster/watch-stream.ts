/** One watch that a test API server serves. */
import type { ServerResponse } from 'node:http';
import type { JsonObject } from './json.ts';
import { apiVersionOf, type Resource } from './resources.ts';
import type { Selector } from './selectors.ts';
import type { StatusError } from './status.ts';
import type { Change } from './storage.ts';

/** Sends the changes of the objects that a client asked for. */
export class WatchStream {
  readonly resource: Resource;
  readonly #response: ServerResponse;
  readonly #isWanted: Selector;
  #isFrozen = false;
  #lastLine = '';
  #isNextSpoilt = false;

  constructor(resource: Resource, response: ServerResponse, isWanted: Selector) {
    this.resource = resource;
    this.#response = response;
    this.#isWanted = isWanted;
  }

  /** Says what a change means to this client: an object that leaves its selection is deleted to it. */
  send({ resource, type, object, before }: Change): void {
    if (resource !== this.resource) return;
    const was = before !== undefined && this.#isWanted(before);
    const is = type !== 'DELETED' && this.#isWanted(object);
    if (is) this.#sendEvent(was ? 'MODIFIED' : 'ADDED', object);
    else if (was) this.#sendEvent('DELETED', object);
  }

  /** Says that an object is there: for clients that begin without a version. */
  sendInitial(object: JsonObject): void {
    if (this.#isWanted(object)) this.#sendEvent('ADDED', object);
  }

  /** Says that nothing was missed up to this version. */
  sendBookmark(version: number): void {
    const metadata = { resourceVersion: String(version), creationTimestamp: null };
    const { kind } = this.resource;
    this.#sendEvent('BOOKMARK', { kind, apiVersion: apiVersionOf(this.resource), metadata });
  }

  /** Says that something is wrong; a client has to begin anew. */
  sendError(error: StatusError): void {
    this.#sendEvent('ERROR', error.toJson());
    this.end();
  }

  /** Sends a line as it is. */
  sendLine(line: string): void {
    if (this.#isFrozen) return;
    this.#lastLine = line;
    this.#response.write(`${line}\n`);
  }

  /** Sends the last line once more. */
  repeat(): void {
    this.sendLine(this.#lastLine);
  }

  /** The next event will lack its second half. */
  spoilNext(): void {
    this.#isNextSpoilt = true;
  }

  /** Falls silent for good without closing the connection, as when a cable is cut. */
  freeze(): void {
    this.#isFrozen = true;
  }

  /** Ends as after `timeoutSeconds`. */
  end(): void {
    this.#response.end();
  }

  /** Ends in the middle, as when the server dies. */
  drop(): void {
    this.#response.destroy();
  }

  #sendEvent(type: string, object: JsonObject): void {
    const line = JSON.stringify({ type, object });
    this.sendLine(this.#isNextSpoilt ? line.slice(0, line.length / 2) : line);
    this.#isNextSpoilt = false;
  }
}
