/** kubeconfig files for a test API server. */
import { stringify } from 'yaml';
import type { KeyPair } from './certificates.ts';

/** How a client says who it is; the fields of a user in a kubeconfig file. */
export type KubeconfigUser = Readonly<Record<string, unknown>>;

/** The text of a kubeconfig file with one cluster, context and user. */
export function kubeconfigText(
  server: string,
  ca: string | undefined,
  user: KubeconfigUser,
): string {
  const trust = ca === undefined ? {} : { 'certificate-authority-data': base64(ca) };
  // The client library speaks plain HTTP only to those who say that they mean it.
  const plain = server.startsWith('http:') ? { 'insecure-skip-tls-verify': true } : {};
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, ...trust, ...plain } }],
    users: [{ name: 'test', user }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    'current-context': 'test',
  });
}

/** A user by client certificate. */
export function certificateUser({ cert, key }: KeyPair): KubeconfigUser {
  return { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) };
}

// --- internal ---

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
