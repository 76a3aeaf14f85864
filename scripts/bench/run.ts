/** Measures, station by station. */
import type { Figures } from './figures.ts';
import { describeMachine } from './machine.ts';
import { addNeighbours, removeNeighbours } from './first-packet/neighbours.ts';
import { inNamespace, NODE } from './namespace.ts';
import type { Station } from './plan.ts';

/**
 * Runs all stations and puts their figures together; one that fails does not stop the others. `tell`
 * gets a line as each begins or fails. Only inside the private namespaces of `runPrivately`.
 */
export async function runStations(
  stations: readonly Station[],
  tell: (text: string) => void,
): Promise<Figures> {
  const parts: Part[] = [];
  const failures: string[] = [];
  for (const station of stations) {
    tell(`measuring ${titleOf(station)}`);
    try {
      parts.push(await runStation(station));
    } catch (error) {
      const failure = `${titleOf(station)}: ${error instanceof Error ? error.message : String(error)}`;
      tell(failure);
      failures.push(failure);
    }
  }
  return {
    machine: describeMachine(),
    failures,
    fullSync: parts.flatMap(({ fullSync = [] }) => fullSync),
    oneEndpoint: parts.flatMap(({ oneEndpoint = [] }) => oneEndpoint),
    restart: parts.flatMap(({ restart = [] }) => restart),
    thinking: parts.flatMap(({ thinking = [] }) => thinking),
    liveStart: parts.flatMap(({ liveStart = [] }) => liveStart),
    liveChange: parts.flatMap(({ liveChange = [] }) => liveChange),
    liveLoad: parts.flatMap(({ liveLoad = [] }) => liveLoad),
    chainSync: parts.flatMap(({ chainSync = [] }) => chainSync),
    chainChange: parts.flatMap(({ chainChange = [] }) => chainChange),
    firstPacket: parts.flatMap(({ firstPacket = [] }) => firstPacket),
    userspace: parts.flatMap(({ userspace = [] }) => userspace),
  };
}

// --- internal ---

type Part = Partial<Omit<Figures, 'machine' | 'failures'>>;

function runStation(station: Station): Promise<Part> {
  return inNamespace(async (measure): Promise<Part> => {
    switch (station.kind) {
      case 'switchyard': {
        const { size, isRestarted, rounds } = station;
        return {
          fullSync: [await measure('full-sync', size)],
          restart: isRestarted ? [await measure('restart', size)] : [],
          oneEndpoint: rounds > 0 ? await measure('one-endpoint', { size, rounds }) : [],
        };
      }
      case 'kube-proxy': {
        const { fullSync, oneEndpoint } = await measure('kube-proxy', station.options);
        return { fullSync: [fullSync], oneEndpoint };
      }
      case 'thinking':
        return { thinking: await measure('thinking', station.size) };
      case 'live-agent':
        return measure('live-agent', station.options);
      case 'iptables':
        return measure('iptables', station.options);
      case 'first-packet':
        await addNeighbours(NODE);
        try {
          return { firstPacket: [await measure('first-packet', station.options)] };
        } finally {
          await removeNeighbours();
        }
      case 'userspace':
        return { userspace: [await measure('userspace', station.options)] };
    }
  });
}

function titleOf(station: Station): string {
  switch (station.kind) {
    case 'switchyard':
      return `switchyard, ${station.size.services} Services`;
    case 'kube-proxy':
      return `the layout of ${station.options.layout}, ${station.options.size.services} Services`;
    case 'thinking':
      return `thinking about ${station.size.services} Services`;
    case 'iptables': {
      const { layout, variant, size } = station.options;
      return `iptables-${variant}, the chains of ${layout}, ${size.services} Services`;
    }
    case 'first-packet': {
      const { rules, size } = station.options;
      return `first packets through the rules of ${rules}, ${size.services} Services`;
    }
    case 'live-agent': {
      const { size, minSyncSeconds } = station.options;
      return `the agent that follows an API server, ${size.services} Services, ${minSyncSeconds} s between syncs`;
    }
    case 'userspace':
      return 'the userspace proxy beside haproxy and nginx';
  }
}
