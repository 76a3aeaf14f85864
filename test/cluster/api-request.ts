/** What a request to the API server asks for. */
import type { IncomingMessage } from 'node:http';
import { apiPathOf, RESOURCES, type Resource } from './resources.ts';
import { badRequest, notFound } from './status.ts';

/** What can be done with objects. */
export type Verb =
  'list' | 'watch' | 'get' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A request about objects. */
export interface ApiRequest {
  readonly verb: Verb;
  readonly resource: Resource;
  /** Empty for all of them, and for what stands in none. */
  readonly namespace: string;
  /** Empty for all of them. */
  readonly name: string;
  /** `status` when only that is meant. */
  readonly subresource: '' | 'status';
  readonly query: URLSearchParams;
}

/** Reads method and path. Throws a StatusError when nothing is served there. */
export function parseRequest(method: string, url: URL): ApiRequest {
  const { pathname, searchParams: query } = url;
  for (const resource of RESOURCES) {
    const prefix = `${apiPathOf(resource)}/`;
    if (!pathname.startsWith(prefix)) continue;
    const steps = pathname.slice(prefix.length).split('/').map(decodeURIComponent);
    const [folder, namespace = '', ...rest] = steps;
    const isInNamespace = folder === 'namespaces' && rest.length > 0;
    const [name, objectName = '', subresource = ''] = isInNamespace ? rest : steps;
    if (name !== resource.name) continue;
    if (subresource !== '' && !(subresource === 'status' && resource.hasStatus)) break;
    return {
      verb: verbOf(method, objectName, query),
      resource,
      namespace: isInNamespace ? namespace : '',
      name: objectName,
      subresource,
      query,
    };
  }
  throw notFound('the server could not find the requested resource:');
}

/** The body of a request as text. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

// --- internal ---

function verbOf(method: string, name: string, query: URLSearchParams): Verb {
  switch (method) {
    case 'GET':
      if (/^(1|true)$/.test(query.get('watch') ?? '')) return 'watch';
      return name === '' ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      throw badRequest(`${method} is not served`);
  }
}
