/** The files that kube-apiserver is started with. */
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Certificates } from '../certificates.ts';
import type { ApiUser } from '../server.ts';
import { SERVER_FILES } from './command-lines.ts';

/** What they are made from. */
export interface ServerSecrets {
  readonly certificates: Certificates;
  readonly tokens: Readonly<Record<ApiUser, string>>;
}

/** Writes them, for the owner of the folder only. */
export async function writeServerFiles(folder: string, secrets: ServerSecrets): Promise<void> {
  const { certificates, tokens } = secrets;
  const texts: Readonly<Partial<Record<keyof typeof SERVER_FILES, string>>> = {
    ca: certificates.ca,
    cert: certificates.server.cert,
    key: certificates.server.key,
    tokens: tokensText(tokens),
    serviceAccountKey: generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    }).privateKey,
  };
  for (const [name, text] of Object.entries(texts)) {
    const file = SERVER_FILES[name as keyof typeof SERVER_FILES];
    await writeFile(join(folder, file), text, { mode: 0o600 });
  }
}

// --- internal ---

/**
 * Token, user, uid and groups, a line each. An agent is who the manifests' role is for, so that what
 * it may do is what it may do in a cluster.
 */
function tokensText({ admin, agent }: ServerSecrets['tokens']): string {
  return [
    `${admin},admin,admin,system:masters`,
    `${agent},system:serviceaccount:kube-system:switchyard,switchyard`,
    '',
  ].join('\n');
}
