/** Where the agents of a bed read the cluster's objects from: manifest files, or an API server. */
import type { Host } from '../../../scripts/world/host.ts';
import { isRealServerWanted } from '../../cluster/server.ts';
import { createApiSource, type ApiSource } from './api-source.ts';
import { createManifestFolder } from './manifest-folder.ts';

/** A source that is there. */
export interface ClusterSource {
  /** The flags with which an agent reads from it, on any node. */
  readonly flags: readonly string[];
  /** Has it hold exactly these objects. */
  write(objects: readonly object[]): Promise<void>;
  close(): Promise<void>;
}

/** One kind of source. */
export interface SourceKind<S extends ClusterSource = ClusterSource> {
  /** For titles: `from manifests`. */
  readonly name: string;
  /** Whether it takes two Services with the same node port. */
  readonly takesRivals: boolean;
  /** Makes one for these nodes. */
  create(nodes: readonly Host[]): Promise<S>;
}

/** A folder of files. */
export const MANIFESTS: SourceKind = {
  name: 'manifests',
  takesRivals: true,
  create: createManifestFolder,
};

/** The API server that is wanted: see createApiServer. */
export const API_SERVER: SourceKind<ApiSource> = {
  name: 'the API server',
  // kube-apiserver does not; the test server does, since such Services come from elsewhere too.
  takesRivals: !isRealServerWanted(),
  create: createApiSource,
};
