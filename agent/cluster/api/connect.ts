/**
 * The way to the API server: from a kubeconfig file, or from the service account of a pod. The one
 * file that imports the Kubernetes client, which takes most of a second and much memory to load: import
 * this file dynamically.
 */
import { existsSync, readFileSync } from 'node:fs';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type RequestOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { KubeConfig, type User } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { isMapping } from '../../../rules/services/parse/mapping.ts';
import { ConfigError } from '../../config/config-error.ts';
import { messageOf } from '../problems.ts';
import type { Connection, Credentials } from './connection.ts';

/** What the user said about the API server; empty text means nothing. */
export interface ConnectOptions {
  /** The path of a kubeconfig file. */
  readonly kubeconfig: string;
  /** The server's address, in place of the one that is configured or found otherwise. */
  readonly master: string;
}

/**
 * Finds the API server and the credentials for it. Throws a ConfigError when there is nothing to go
 * by, or when it cannot be used.
 */
export function connect(options: ConnectOptions): Connection {
  return new KubeConfigConnection(() => loadKubeConfig(options));
}

// --- internal ---

/** Where a pod finds its service account, and the server's address. */
const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

function loadKubeConfig({ kubeconfig, master }: ConnectOptions): KubeConfig {
  try {
    return withMaster(kubeconfig === '' ? fromPod(master) : fromFile(kubeconfig), master);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const what = kubeconfig === '' ? 'the service account of this pod' : `kubeconfig ${kubeconfig}`;
    throw new ConfigError([`cannot use ${what}: ${messageOf(error)}`], { cause: error });
  }
}

function fromFile(file: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromFile(file);
  const context = config.getContextObject(config.getCurrentContext());
  if (context === null) throw new Error('current-context names no context in it');
  if (config.getCluster(context.cluster) === null) {
    throw new Error(`it has no cluster "${context.cluster}", which its current context names`);
  }
  const tokenFile = tokenFileOf(file, context.user);
  const user = config.getUser(context.user) ?? { name: context.user };
  config.users = [tokenFile === undefined ? user : readingToken(user, tokenFile)];
  return config;
}

/**
 * The `tokenFile` of a user, which wins over its `token`. The client library does not read this field,
 * but every kubeadm cluster's kube-proxy lives by it.
 */
function tokenFileOf(file: string, name: string): string | undefined {
  const raw: unknown = parse(readFileSync(file, 'utf8'));
  const users: unknown = isMapping(raw) ? raw.users : undefined;
  const entry = Array.isArray(users)
    ? users.filter(isMapping).find((user) => user.name === name)
    : undefined;
  const path = isMapping(entry?.user) ? entry.user.tokenFile : undefined;
  return typeof path === 'string' && path !== '' ? resolve(dirname(file), path) : undefined;
}

function readingToken({ name, certFile, certData, keyFile, keyData }: User, tokenFile: string) {
  const certificate = { certFile, certData, keyFile, keyData } as Partial<User>;
  return { name, ...certificate, authProvider: { name: 'tokenFile', config: { tokenFile } } };
}

/** As a pod, or, where only an address is given, as nobody. */
function fromPod(master: string): KubeConfig {
  const { KUBERNETES_SERVICE_HOST: host = '', KUBERNETES_SERVICE_PORT: port = '' } = process.env;
  const config = new KubeConfig();
  // Nobody should see the token who can read along.
  if (existsSync(SERVICE_ACCOUNT_TOKEN) && !master.startsWith('http:')) {
    if (master !== '' || (host !== '' && port !== '')) {
      config.loadFromCluster();
      return config;
    }
  }
  if (master === '') throw new ConfigError([NOWHERE]);
  config.loadFromClusterAndUser({ name: '', server: master, skipTLSVerify: false }, { name: '' });
  return config;
}

const NOWHERE =
  'there is nothing to read Services from: give --kubeconfig or clientConnection.kubeconfig, or ' +
  '--master, or --manifests, or run in a pod with a service account';

function withMaster(config: KubeConfig, master: string): KubeConfig {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('its current context names no cluster');
  const server = (master === '' ? cluster.server : urlOf(master)).replace(/\/+$/, '');
  if (!/^https?:$/.test(URL.parse(server)?.protocol ?? '')) {
    throw new Error(`expected an http or https address of the API server, got ${server}`);
  }
  // The library takes plain http only together with this.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith('http:');
  config.clusters = [{ ...cluster, server, skipTLSVerify }];
  return config;
}

/** kube-proxy takes a host and a port for an address too. */
function urlOf(master: string): string {
  return master.includes('://') ? master : `https://${master}`;
}

/** A connection whose credentials come from the client library. */
class KubeConfigConnection implements Connection {
  readonly server: string;
  readonly #load: () => KubeConfig;
  #config: KubeConfig | undefined;
  #tls: Tls = {};
  #agent: HttpAgent | undefined;

  constructor(load: () => KubeConfig) {
    this.#load = load;
    this.#config = load();
    this.server = this.#config.getCurrentCluster()?.server ?? '';
  }

  async credentials(): Promise<Credentials> {
    this.#config ??= this.#load();
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const isProxied = this.#config.getCurrentCluster()?.proxyUrl !== undefined;
    const { agent } = options;
    return {
      // Behind a proxy the library's own agent knows the way.
      agent: isProxied && agent instanceof HttpAgent ? agent : this.#agentFor(tlsOf(options)),
      headers: headersOf(options),
    };
  }

  renew(): void {
    this.#config = undefined;
  }

  close(): void {
    this.#agent?.destroy();
  }

  /** One agent as long as the certificates stay the same. The library's own keeps the first ones. */
  #agentFor(tls: Tls): HttpAgent {
    if (this.#agent === undefined || !isDeepStrictEqual(tls, this.#tls)) {
      const isPlain = this.server.startsWith('http:');
      // Watches over the old certificates end with it, and resume over the new ones.
      this.#agent?.destroy();
      this.#agent = isPlain ? new HttpAgent(KEEP_ALIVE) : new HttpsAgent({ ...KEEP_ALIVE, ...tls });
      this.#tls = tls;
    }
    return this.#agent;
  }
}

const KEEP_ALIVE = { keepAlive: true };

type Tls = Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized' | 'servername'>;

/** Only what is there: an option that is `undefined` is not the same as none for TLS. */
function tlsOf({ ca, cert, key, rejectUnauthorized, servername }: RequestOptions): Tls {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** Trimmed: tokens in files end with a newline, which no header may hold. */
function headersOf({ headers = {}, auth }: RequestOptions): Record<string, string> {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) given[name] = String(value).trim();
  if (typeof auth === 'string') {
    given.authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
  }
  return given;
}
