/**
 * What the packet table is run for: every proxy mode with manifests, and one with the API server, since
 * what is before the cluster's picture and what is behind it know nothing of each other.
 */
import { PACKET_MODES, type PacketMode } from './mode.ts';
import { API_SERVER, MANIFESTS, type SourceKind } from './source.ts';

/** One run of the table. */
export interface PacketRun {
  /** `in nftables mode`, `in nftables mode from the API server`. */
  readonly name: string;
  readonly mode: PacketMode;
  readonly source: SourceKind;
}

/** For the slowest part of a run: a real API server takes its time to start. */
export const RUN_TIMEOUT_MS = 90_000;

/** All of them. */
export const PACKET_RUNS: readonly PacketRun[] = PACKET_MODES.flatMap((mode, index) => {
  const run = { name: `in ${mode.name} mode`, mode, source: MANIFESTS };
  const name = `${run.name} from ${API_SERVER.name}`;
  return index === 0 ? [run, { name, mode, source: API_SERVER }] : [run];
});
