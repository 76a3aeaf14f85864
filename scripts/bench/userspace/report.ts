/** The figures of the userspace proxy and its peers as tables. */
import { renderTable } from '../table.ts';
import { count, megabytes, microseconds, milliseconds, seconds } from '../units.ts';
import type { UserspaceFigures } from './figures.ts';

/** A section of a report; without a table it is left out. */
export interface Section {
  readonly title: string;
  readonly table: string | undefined;
}

/** The sections about a run; none when there was none. */
export function userspaceSections(runs: readonly UserspaceFigures[]): Section[] {
  return runs.flatMap((figures) => [
    ...missingSection(figures),
    { title: 'Userspace: connections', table: connectionTable(figures) },
    { title: 'Userspace: bytes over 16 connections', table: throughputTable(figures) },
    { title: 'Userspace: added latency', table: latencyTable(figures) },
    { title: 'Userspace: idle connections', table: idleTable(figures) },
    { title: 'Userspace: listeners', table: listenerTable(figures) },
    { title: 'Userspace: datagrams', table: datagramTable(figures) },
  ]);
}

// --- internal ---

function missingSection({ missing }: UserspaceFigures): Section[] {
  if (missing.length === 0) return [];
  const rows = missing.map((what) => [what]);
  return [{ title: 'Userspace: not measured', table: renderTable(['missing'], rows) }];
}

function connectionTable({ connections }: UserspaceFigures): string {
  const haproxy = connections.find(({ carrier }) => carrier === 'haproxy');
  return renderTable(
    ['', 'a second', 'CPU each', 'of it own code', 'a core could do', 'against haproxy'],
    connections.map(({ carrier, perSecond, cpuMicroseconds, userMicroseconds }) => [
      carrier,
      count(Math.round(perSecond)),
      microseconds(cpuMicroseconds),
      microseconds(userMicroseconds),
      count(Math.round(1e6 / cpuMicroseconds)),
      haproxy === undefined
        ? ''
        : `${Math.round((haproxy.cpuMicroseconds / cpuMicroseconds) * 100)} %`,
    ]),
  );
}

function throughputTable({ throughput }: UserspaceFigures): string {
  return renderTable(
    ['', 'a second', 'CPU for a GiB'],
    throughput.map(({ carrier, bytesPerSecond, cpuSecondsPerGiB }) => [
      carrier,
      megabytes(bytesPerSecond),
      seconds(cpuSecondsPerGiB),
    ]),
  );
}

function latencyTable({ latency }: UserspaceFigures): string {
  return renderTable(
    ['', 'connections a second', 'added p50', 'added p99'],
    latency.map(({ carrier, perSecond, addedP50, addedP99 }) => [
      carrier,
      count(Math.round(perSecond)),
      milliseconds(addedP50),
      milliseconds(addedP99),
    ]),
  );
}

function idleTable({ idle }: UserspaceFigures): string {
  return renderTable(
    ['', 'connections', 'memory before', 'with them', 'each'],
    idle.map(({ carrier, connections, emptyBytes, fullBytes }) => [
      carrier,
      count(connections),
      megabytes(emptyBytes),
      megabytes(fullBytes),
      `${((fullBytes - emptyBytes) / connections / 1000).toFixed(1)} kB`,
    ]),
  );
}

function listenerTable({ listeners }: UserspaceFigures): string {
  return renderTable(
    ['', 'listeners', 'all listen after', 'memory'],
    listeners.map((figure) => [
      figure.carrier,
      count(figure.listeners),
      seconds(figure.seconds),
      megabytes(figure.bytes),
    ]),
  );
}

function datagramTable({ datagrams }: UserspaceFigures): string {
  return renderTable(
    ['', 'clients', 'a second', 'CPU each', 'sent at a quarter', 'lost'],
    datagrams.map(({ carrier, clients, perSecond, cpuMicroseconds, sent, lost }) => [
      carrier,
      count(clients),
      count(Math.round(perSecond)),
      microseconds(cpuMicroseconds),
      count(sent),
      count(lost),
    ]),
  );
}
