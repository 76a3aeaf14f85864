/** A certificate authority made on the fly, for TLS and client certificates in tests. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** A certificate and its private key, as PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** What a server with TLS needs, and its clients. */
export interface Certificates {
  /** The authority's certificate, as PEM. */
  readonly ca: string;
  readonly server: KeyPair;
  /** A client that the authority vouches for. */
  readonly client: KeyPair;
}

/** Why there can be no certificates here: Node makes keys but signs no certificates. */
export async function certificatesObstacle(): Promise<string | undefined> {
  const { failed, stdout } = await execa('openssl', ['version'], { reject: false });
  if (failed) return 'the openssl program is missing';
  return /^OpenSSL [3-9]/.test(stdout) ? undefined : `openssl 3 is needed, this is ${stdout}`;
}

/** Makes an authority and what it signs; the server's certificate is for these addresses and names. */
export async function createCertificates(
  hosts: readonly string[] = ['IP:127.0.0.1', 'IP:::1', 'DNS:localhost'],
): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'switchyard-certificates-'));
  try {
    const authority = await sign(folder, 'ca', ['-addext', 'basicConstraints=critical,CA:TRUE']);
    const by = ['-CA', join(folder, 'ca.crt'), '-CAkey', join(folder, 'ca.key')];
    const names = `subjectAltName=${hosts.join(',')}`;
    const leaf = [...by, '-addext', 'basicConstraints=critical,CA:FALSE'];
    return {
      ca: authority.cert,
      server: await sign(folder, 'server', [...leaf, '-addext', names]),
      client: await sign(folder, 'client', leaf),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

// --- internal ---

async function sign(folder: string, name: string, options: readonly string[]): Promise<KeyPair> {
  const key = join(folder, `${name}.key`);
  const cert = join(folder, `${name}.crt`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc'];
  const output = ['-subj', `/CN=${name}`, '-days', '2', '-keyout', key, '-out', cert];
  await execa('openssl', ['req', '-x509', ...curve, ...output, ...options]);
  return { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
}
