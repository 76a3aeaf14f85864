/**
 * The metrics address: numbers for Prometheus, and what the agent is and does, for people
 * (behaviour document, section 6.3).
 */
import { inventoryJson, inventoryText } from '../../rules/inventory.ts';
import type { AgentConfig } from '../config/agent-config.ts';
import { externalForm } from '../config/external-form.ts';
import {
  jsonAnswer,
  notFound,
  textAnswer,
  type Answerer,
  type HttpAnswer,
} from '../http/answer.ts';
import type { Proxier } from '../sync/proxier.ts';
import type { AgentMetrics } from './agent-metrics.ts';

/** What the answers are made of. */
export interface MetricsAnswerSources {
  readonly metrics: AgentMetrics;
  /** What is in force. */
  readonly config: () => AgentConfig;
  readonly proxiers: readonly Pick<Proxier, 'inventory'>[];
}

/** Answers on the metrics address. Nothing there changes anything, so only GET and HEAD are answered. */
export function metricsAnswerer({ metrics, config, proxiers }: MetricsAnswerSources): Answerer {
  return async ({ method, path, query }) => {
    if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed();
    switch (path) {
      case '/metrics': {
        const answer = textAnswer(200, await metrics.text());
        return { ...answer, headers: { ...answer.headers, 'Content-Type': metrics.contentType } };
      }
      case '/healthz':
        return textAnswer(200, 'ok');
      case '/proxyMode':
        return textAnswer(200, config().mode);
      case '/configz':
        return jsonAnswer(200, JSON.stringify({ [CONFIG_KEY]: externalForm(config().file) }));
      case '/debug/rules':
        return rulesAnswer(proxiers, query);
      default:
        return notFound();
    }
  };
}

// --- internal ---

/** The key that kube-proxy has on the page. */
const CONFIG_KEY = 'kubeproxy.config.k8s.io';

function methodNotAllowed(): HttpAnswer {
  const answer = textAnswer(405, '405 method not allowed\n');
  return { ...answer, headers: { ...answer.headers, Allow: 'GET, HEAD' } };
}

function rulesAnswer(
  proxiers: MetricsAnswerSources['proxiers'],
  query: URLSearchParams,
): HttpAnswer {
  const inventories = proxiers.map(({ inventory }) => inventory);
  const wanted = query.get('service') ?? undefined;
  const service = inventories
    .flatMap(({ services, quarantined }) => [...services, ...quarantined])
    .find((each) => each === wanted);
  if (wanted !== undefined && service === undefined) {
    return textAnswer(404, 'no such Service here: expected namespace/name of one that has ports\n');
  }
  switch (query.get('format') ?? 'text') {
    case 'text':
      return textAnswer(200, inventoryText(inventories, service));
    case 'json':
      return jsonAnswer(200, inventoryJson(inventories, service));
    default:
      return textAnswer(400, 'format: expected text or json\n');
  }
}
