/** How etcd and kube-apiserver are started. Both listen on loopback only. */
import { join } from 'node:path';
import { IP_FAMILIES } from '../../../rules/ip.ts';
import { DEFAULT_SERVICE_CIDR } from '../../support/addresses.ts';

/** Where the two are, and where their files. */
export interface ServerPlace {
  /** Holds what `writeServerFiles` writes, and what the programs write. */
  readonly folder: string;
  readonly port: number;
  readonly etcdPort: number;
}

/** The files of a server, in its folder. */
export const SERVER_FILES = {
  ca: 'ca.crt',
  cert: 'server.crt',
  key: 'server.key',
  tokens: 'tokens.csv',
  serviceAccountKey: 'service-account.key',
  etcdData: 'etcd',
} as const;

/** The arguments of etcd. */
export function etcdArguments({ folder, etcdPort }: ServerPlace): string[] {
  const url = etcdUrl(etcdPort);
  return [
    `--data-dir=${join(folder, SERVER_FILES.etcdData)}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    `--listen-peer-urls=${etcdUrl(0)}`,
    // Nothing of it has to survive the machine.
    '--unsafe-no-fsync',
  ];
}

/**
 * The arguments of kube-apiserver. It takes the first address of its range for the Service
 * `kubernetes`, so the range is not that of the tests' Services: these come as a ServiceCIDR of their
 * own, which needs Kubernetes 1.33 or later.
 */
export function kubeApiServerArguments({ folder, port, etcdPort }: ServerPlace): string[] {
  const file = (name: keyof typeof SERVER_FILES): string => join(folder, SERVER_FILES[name]);
  return [
    `--etcd-servers=${etcdUrl(etcdPort)}`,
    '--bind-address=127.0.0.1',
    // Without it the server looks for a default route, which not every network namespace has.
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--tls-cert-file=${file('cert')}`,
    `--tls-private-key-file=${file('key')}`,
    `--client-ca-file=${file('ca')}`,
    `--token-auth-file=${file('tokens')}`,
    '--authorization-mode=RBAC',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('serviceAccountKey')}`,
    `--service-account-signing-key-file=${file('serviceAccountKey')}`,
    // Nobody here makes service accounts, and there are no pods that would have one.
    '--disable-admission-plugins=ServiceAccount',
    `--service-cluster-ip-range=${IP_FAMILIES.map((family) => DEFAULT_SERVICE_CIDR[family]).join()}`,
    // Its own address is a loopback one, which is none for an EndpointSlice.
    '--endpoint-reconciler-type=none',
  ];
}

// --- internal ---

function etcdUrl(port: number): string {
  return `http://127.0.0.1:${port}`;
}
