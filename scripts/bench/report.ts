/** Figures as Markdown that reads well in a terminal too. */
import { checkExpectations } from './expectations.ts';
import type { Figures, FullSyncFigure } from './figures.ts';
import { chainChangeTable, chainSyncTable, firstPacketTable } from './iptables-report.ts';
import type { Machine } from './machine.ts';
import { tableOf } from './table.ts';
import {
  count,
  megabytes,
  microseconds,
  milliseconds,
  percent,
  seconds,
  sizeText,
} from './units.ts';
import { userspaceSections } from './userspace/report.ts';

/** The whole report: the machine, then a section for each benchmark that was run. */
export function renderReport(figures: Figures): string {
  const sections = [
    { title: 'Full sync', table: fullSyncTable(figures) },
    { title: 'One endpoint changed', table: oneEndpointTable(figures) },
    { title: 'Restart', table: restartTable(figures) },
    { title: 'Thinking', table: thinkingTable(figures) },
    { title: 'The agent that follows an API server: start', table: liveStartTable(figures) },
    { title: 'The agent that follows an API server: changes', table: liveChangeTable(figures) },
    { title: 'The agent that follows an API server: load', table: liveLoadTable(figures) },
    { title: 'iptables mode: first sync', table: chainSyncTable(figures) },
    { title: 'iptables mode: one endpoint replaced', table: chainChangeTable(figures) },
    { title: 'First packet', table: firstPacketTable(figures) },
    ...userspaceSections(figures.userspace),
    { title: 'Expectations', table: expectationTable(figures) },
  ];
  return [
    `${machineText(figures.machine)}\n`,
    ...figures.failures.map((failure) => `Not measured: ${failure}\n`),
    ...sections.flatMap(({ title, table }) =>
      table === undefined ? [] : [`### ${title}\n`, table],
    ),
  ].join('\n');
}

// --- internal ---

function machineText({ date, cpu, cores, memoryBytes, kernel, nft, node }: Machine): string {
  const memory = `${Math.round(memoryBytes / 2 ** 30)} GiB`;
  return `${date}: ${cpu}, ${cores} cores, ${memory}; Linux ${kernel}, nft ${nft}, Node ${node}.`;
}

function fullSyncTable({ fullSync }: Figures): string | undefined {
  const header = ['table', 'Services', 'time', 'of it nft', 'against ours', 'agent', 'nft child'];
  return tableOf(
    header,
    fullSync.map((figure) => [
      figure.layout,
      sizeText(figure),
      seconds(figure.seconds),
      seconds(figure.nftSeconds),
      ratioText(figure, fullSync),
      figure.agentPeakBytes === undefined ? '' : megabytes(figure.agentPeakBytes),
      megabytes(figure.nftPeakBytes),
    ]),
  );
}

function ratioText(figure: FullSyncFigure, all: readonly FullSyncFigure[]): string {
  const ours = all.find(
    ({ layout, services }) => layout === 'switchyard' && services === figure.services,
  );
  if (ours === undefined || ours === figure) return '';
  return `${(figure.seconds / ours.seconds).toFixed(1)} x`;
}

function oneEndpointTable({ oneEndpoint }: Figures): string | undefined {
  const header = [
    'table',
    'Services',
    'change',
    'rounds',
    'sent p50',
    'committed p50',
    'p99',
    'nft ended p50',
    'p99',
  ];
  return tableOf(
    header,
    oneEndpoint.map((figure) => [
      figure.layout,
      sizeText(figure),
      figure.change,
      count(figure.rounds),
      milliseconds(figure.sentP50),
      milliseconds(figure.committedP50),
      milliseconds(figure.committedP99),
      milliseconds(figure.endedP50),
      milliseconds(figure.endedP99),
    ]),
  );
}

function restartTable({ restart }: Figures): string | undefined {
  const header = ['Services', 'time', 'of it nft', 'elements sent', 'agent', 'nft child'];
  return tableOf(
    header,
    restart.map((figure) => [
      sizeText(figure),
      seconds(figure.seconds),
      seconds(figure.nftSeconds),
      count(figure.elementsSent),
      megabytes(figure.agentPeakBytes),
      megabytes(figure.nftPeakBytes),
    ]),
  );
}

function thinkingTable({ thinking }: Figures): string | undefined {
  return tableOf(
    ['step', 'time'],
    thinking.map(({ step, ms }) => [step, ms < 1 ? microseconds(ms * 1000) : milliseconds(ms)]),
  );
}

function liveStartTable({ liveStart }: Figures): string | undefined {
  const header = ['Services', 'time', 'agent', 'peak', 'nft child'];
  return tableOf(
    header,
    liveStart.map((figure) => [
      sizeText(figure),
      seconds(figure.seconds),
      megabytes(figure.agentBytes),
      megabytes(figure.agentPeakBytes),
      megabytes(figure.nftPeakBytes),
    ]),
  );
}

function liveChangeTable({ liveChange }: Figures): string | undefined {
  const header = [
    'Services',
    'between syncs',
    'rounds',
    'committed p50',
    'p99',
    'landed p50',
    'p99',
  ];
  return tableOf(
    header,
    liveChange.map((figure) => [
      sizeText(figure),
      `${figure.minSyncSeconds} s`,
      count(figure.rounds),
      milliseconds(figure.committedP50),
      milliseconds(figure.committedP99),
      milliseconds(figure.landedP50),
      milliseconds(figure.landedP99),
    ]),
  );
}

function liveLoadTable({ liveLoad }: Figures): string | undefined {
  const header = [
    'Services',
    'between syncs',
    'changes a second',
    'over',
    'CPU agent',
    'CPU nft',
    'requests',
  ];
  return tableOf(
    header,
    liveLoad.map((figure) => [
      sizeText(figure),
      `${figure.minSyncSeconds} s`,
      count(figure.changesPerSecond),
      `${figure.seconds.toFixed(0)} s`,
      percent(figure.agentCpu),
      percent(figure.childrenCpu),
      count(figure.requests),
    ]),
  );
}

function expectationTable(figures: Figures): string | undefined {
  return tableOf(
    ['expected', 'measured', 'holds'],
    checkExpectations(figures).map(({ wanted, measured, holds }) => [
      wanted,
      measured,
      holds ? 'yes' : 'no',
    ]),
  );
}
