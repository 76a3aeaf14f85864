/** The objects in manifests/, with as many types as the tests need. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';

/** The folder of all manifests. */
export const MANIFESTS = join(import.meta.dirname, '../../../manifests');

/** Any object of the API. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** A container, as far as it is looked at. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly valueFrom?: unknown }[];
  readonly securityContext: unknown;
  readonly resources?: { readonly requests?: unknown; readonly limits?: unknown };
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly volumeMounts?: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

/** A probe over HTTP. */
export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
}

/** A DaemonSet, as far as it is looked at. */
export interface DaemonSet extends ApiObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly updateStrategy: { readonly rollingUpdate: { readonly maxUnavailable: string } };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: PodSpec;
    };
  };
}

/** A pod, as far as it is looked at. */
export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly initContainers: readonly Container[];
  readonly containers: readonly Container[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: unknown;
  readonly volumes?: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
  }[];
  readonly [field: string]: unknown;
}

/** A ConfigMap. */
export interface ConfigMap extends ApiObject {
  readonly data: Readonly<Record<string, string>>;
}

/** The folders that have a kustomization. */
export const KUSTOMIZATIONS = [
  'base',
  'overlays/kind',
  'overlays/kubeadm',
  'remove-kube-proxy-rules',
  'remove-switchyard-rules',
] as const;

/** The objects in one file. */
export function objectsIn(file: string): ApiObject[] {
  return parseAllDocuments(readFileSync(join(MANIFESTS, file), 'utf8')).map((document) => {
    return document.toJS() as ApiObject;
  });
}

/** Something that is no object of the API: a patch, a configuration. */
export function yamlIn(file: string): unknown {
  return parse(readFileSync(join(MANIFESTS, file), 'utf8'));
}

/** What a kustomization builds; `undefined` on a machine without kubectl. */
export async function build(folder: string): Promise<ApiObject[] | undefined> {
  const command = ['kustomize', join(MANIFESTS, folder)];
  const { code, failed, stdout, stderr } = await execa('kubectl', command, { reject: false });
  if (code === 'ENOENT') return undefined;
  if (failed) throw new Error(`manifests/${folder} does not build: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as ApiObject);
}

/** The one DaemonSet among objects. */
export function daemonSetAmong(objects: readonly ApiObject[]): DaemonSet {
  const found = objects.find(({ kind }) => kind === 'DaemonSet');
  if (found === undefined) throw new Error('there is no DaemonSet');
  return found as DaemonSet;
}

/** The containers of a DaemonSet, those that run first included. */
export function containersOf({ spec }: DaemonSet): Container[] {
  return [...spec.template.spec.initContainers, ...spec.template.spec.containers];
}
