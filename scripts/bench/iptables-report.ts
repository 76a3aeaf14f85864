/** The figures of iptables mode and of first packets as tables. */
import type {
  ChainSubject,
  ChainSyncFigure,
  FirstPacketFigure,
  IptablesFigures,
} from './iptables-figures.ts';
import { tableOf } from './table.ts';
import { count, microseconds, milliseconds, seconds, sizeText } from './units.ts';

/** First syncs. */
export function chainSyncTable({ chainSync }: IptablesFigures): string | undefined {
  const header = ['chains', 'Services', 'foreign rules', 'time', 'of it iptables', 'against ours'];
  return tableOf(
    header,
    chainSync.map((figure) => [
      subjectText(figure),
      sizeText(figure),
      count(figure.foreignRules),
      seconds(figure.seconds),
      seconds(figure.iptablesSeconds),
      syncRatio(figure, chainSync),
    ]),
  );
}

/** One endpoint replaced. */
export function chainChangeTable({ chainChange }: IptablesFigures): string | undefined {
  const header = ['chains', 'Services', 'rounds', 'sent p50', 'committed p50', 'p99', 'ended p50'];
  return tableOf(
    header,
    chainChange.map((figure) => [
      subjectText(figure),
      sizeText(figure),
      count(figure.rounds),
      milliseconds(figure.sentP50),
      milliseconds(figure.committedP50),
      milliseconds(figure.committedP99),
      milliseconds(figure.endedP50),
    ]),
  );
}

/** First packets of flows. */
export function firstPacketTable({ firstPacket }: IptablesFigures): string | undefined {
  const header = ['rules', 'Services', 'flows', 'p50', 'p99', 'p50 against nftables mode'];
  return tableOf(
    header,
    firstPacket.map((figure) => [
      figure.rules,
      figure.rules === 'none' ? '' : sizeText(figure),
      count(figure.flows),
      microseconds(figure.p50),
      microseconds(figure.p99),
      packetRatio(figure, firstPacket),
    ]),
  );
}

// --- internal ---

function subjectText({ layout, variant }: ChainSubject): string {
  return `${layout}, ${variant}`;
}

function syncRatio(figure: ChainSyncFigure, all: readonly ChainSyncFigure[]): string {
  if (figure.layout === 'switchyard') return '';
  const ours = all.find(
    ({ layout, variant, services, foreignRules }) =>
      layout === 'switchyard' &&
      variant === figure.variant &&
      services === figure.services &&
      foreignRules === figure.foreignRules,
  );
  return ours === undefined ? '' : `${(figure.seconds / ours.seconds).toFixed(1)} x`;
}

function packetRatio(figure: FirstPacketFigure, all: readonly FirstPacketFigure[]): string {
  const mode = 'switchyard, nftables';
  if (figure.rules === 'none' || figure.rules === mode) return '';
  const nftables = all.find(
    ({ rules, services }) => rules === mode && services === figure.services,
  );
  return nftables === undefined ? '' : `${(figure.p50 / nftables.p50).toFixed(2)} x`;
}
