/** What the figures of iptables mode, and of first packets through it, should be at least. */
import type { VariantName } from '../../agent/kernel/iptables-variant.ts';
import type { Expectation } from './expectations.ts';
import type {
  ChainChangeFigure,
  ChainSyncFigure,
  FirstPacketFigure,
  FirstPacketRules,
  IptablesFigures,
} from './iptables-figures.ts';

/** The expectations that the figures speak of. */
export function checkIptables(figures: IptablesFigures): Expectation[] {
  return [
    ...expectFastSync('legacy', figures.chainSync),
    ...expectFastSync('nft', figures.chainSync),
    ...[SMALL, LARGE].flatMap((services) => expectFastChange(services, figures.chainChange)),
    ...(['nft', 'legacy'] as const).flatMap((variant) =>
      expectFastPacket(variant, figures.firstPacket),
    ),
  ];
}

// --- internal ---

const SMALL = 100;
const LARGE = 10_000;
const LARGEST = 30_000;

const MIN_SPEEDUP = { legacy: 4, nft: 50 } as const;
const MAX_CHANGE_MS = 30;
const MAX_PACKET_RATIO = 1.3;

/** At the largest size that kube-proxy's chains were measured at. */
function expectFastSync(variant: VariantName, figures: readonly ChainSyncFigure[]): Expectation[] {
  const empty = figures.filter((each) => each.variant === variant && each.foreignRules === 0);
  const theirs = empty
    .filter(({ layout }) => layout === 'kube-proxy')
    .toSorted((a, b) => b.services - a.services)[0];
  const ours = empty.find(
    ({ layout, services }) => layout === 'switchyard' && services === theirs?.services,
  );
  if (ours === undefined || theirs === undefined) return [];
  const speedup = theirs.seconds / ours.seconds;
  const size = ours.services.toLocaleString('en-US');
  return [
    {
      wanted: `iptables-${variant}: first sync of ${size} Services at least ${MIN_SPEEDUP[variant]} times as fast as kube-proxy's`,
      measured: `${speedup.toFixed(1)} times`,
      holds: speedup >= MIN_SPEEDUP[variant],
    },
  ];
}

/** The legacy variant writes whole tables, so that there is nothing to expect. */
function expectFastChange(services: number, figures: readonly ChainChangeFigure[]): Expectation[] {
  const ours = figures.find(
    (each) => each.layout === 'switchyard' && each.variant === 'nft' && each.services === services,
  );
  if (ours === undefined) return [];
  const size = services.toLocaleString('en-US');
  return [
    {
      wanted: `iptables-nft: one endpoint of ${size} Services replaced and committed within ${MAX_CHANGE_MS} ms (p50)`,
      measured: `${ours.committedP50.toFixed(1)} ms`,
      holds: ours.committedP50 < MAX_CHANGE_MS,
    },
  ];
}

function expectFastPacket(
  variant: VariantName,
  figures: readonly FirstPacketFigure[],
): Expectation[] {
  const find = (rules: FirstPacketRules, services: number): FirstPacketFigure | undefined =>
    figures.find((each) => each.rules === rules && each.services === services);
  const rules = `switchyard, iptables-${variant}` as const;
  const most = find(rules, LARGEST);
  const references = [
    { name: 'in nftables mode', figure: find('switchyard, nftables', LARGEST) },
    { name: 'with one Service', figure: find(rules, 1) },
  ];
  return references.flatMap(({ name, figure }) => {
    if (most === undefined || figure === undefined) return [];
    const ratio = most.p50 / figure.p50;
    const size = LARGEST.toLocaleString('en-US');
    return [
      {
        wanted: `iptables-${variant}: first packet among ${size} Services at most ${MAX_PACKET_RATIO} times as long as ${name} (p50)`,
        measured: `${ratio.toFixed(2)} times`,
        holds: ratio <= MAX_PACKET_RATIO,
      },
    ];
  });
}
