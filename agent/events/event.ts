/** What the agent tells the cluster of, as Kubernetes Events (behaviour document, section 8.6). */
import type { ServiceKey } from '../../rules/services/types.ts';

/** One thing that happened. */
export interface AgentEvent {
  /** The object that it is about. */
  readonly regarding: ObjectReference;
  readonly type: 'Normal' | 'Warning';
  /** Why, in one word, for machines. */
  readonly reason: string;
  /** What the agent was doing, in one word. */
  readonly action: string;
  /** For people. */
  readonly note: string;
}

/** An object of the API. Of Services without a UID: the agent does not keep any. */
export interface ObjectReference {
  readonly apiVersion: 'v1';
  readonly kind: 'Node' | 'Service';
  /** Empty for a Node. */
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
}

/** Takes events, and writes them down when it can. */
export interface EventSink {
  /** Never waits and never throws; an event may be lost. */
  record(event: AgentEvent): void;
}

/** The agent of this node has listed the cluster and begins to serve; in kube-proxy's words, as all of them. */
export function startingEvent(nodeName: string): AgentEvent {
  return {
    regarding: nodeReference(nodeName),
    type: 'Normal',
    reason: 'Starting',
    action: 'StartKubeProxy',
    note: '',
  };
}

/** One of the agent's servers cannot listen where it must, so that the agent ends. */
export function failedToListenEvent(
  nodeName: string,
  server: 'health' | 'metrics',
  note: string,
): AgentEvent {
  return {
    regarding: nodeReference(nodeName),
    type: 'Warning',
    reason: server === 'health' ? 'FailedToStartProxierHealthcheck' : 'FailedToStartMetricServer',
    action: 'StartKubeProxy',
    note,
  };
}

/** The health-check node port of a Service cannot be served on this node. */
export function failedHealthCheckEvent(
  nodeName: string,
  service: ServiceKey,
  problem: string,
): AgentEvent {
  const [namespace = '', name = ''] = service.split('/');
  return {
    regarding: { apiVersion: 'v1', kind: 'Service', namespace, name },
    type: 'Warning',
    reason: 'FailedToStartServiceHealthcheck',
    action: 'Listen',
    note: `node ${nodeName} failed to start healthcheck "${service}": ${problem}`,
  };
}

// --- internal ---

/** The name stands for the UID too, as in kubelet's events: `kubectl describe node` looks for those. */
function nodeReference(name: string): ObjectReference {
  return { apiVersion: 'v1', kind: 'Node', namespace: '', name, uid: name };
}
