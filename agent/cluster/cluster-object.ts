/** The objects that a service proxy reads, as one type, and their way into a sink. */
import { serviceKey } from '../../rules/services/keys.ts';
import type { EndpointSlice, NodeFacts, Service } from '../../rules/services/types.ts';
import type { ServiceCidr } from '../../rules/services/parse/service-cidr.ts';
import type { ClusterSink } from './source.ts';

/** One object of the cluster, slimmed. */
export type ClusterObject =
  | { readonly kind: 'Service'; readonly value: Service }
  | { readonly kind: 'EndpointSlice'; readonly value: EndpointSlice }
  | { readonly kind: 'Node'; readonly value: NodeFacts }
  | { readonly kind: 'ServiceCIDR'; readonly value: ServiceCidr };

/** Tells the sink that the object is there, with this content. */
export function upsertObject(sink: ClusterSink, object: ClusterObject): void {
  switch (object.kind) {
    case 'Service':
      sink.upsertService(object.value);
      break;
    case 'EndpointSlice':
      sink.upsertSlice(object.value);
      break;
    case 'Node':
      sink.upsertNode(object.value);
      break;
    case 'ServiceCIDR':
      sink.setServiceCidrs(object.value.name, object.value.cidrs);
      break;
  }
}

/** Tells the sink that the object is gone. */
export function deleteObject(sink: ClusterSink, object: ClusterObject): void {
  switch (object.kind) {
    case 'Service':
      sink.deleteService(serviceKey(object.value.namespace, object.value.name));
      break;
    case 'EndpointSlice':
      sink.deleteSlice(object.value.namespace, object.value.name);
      break;
    case 'Node':
      sink.deleteNode(object.value.name);
      break;
    case 'ServiceCIDR':
      sink.setServiceCidrs(object.value.name, undefined);
      break;
  }
}
