/**
 * Slots: which endpoint stands at which number. A balancing chain draws a number below n, so the
 * slots in use must be 0..n-1; and a change of one endpoint must not renumber the others, since
 * every renumbered one costs an element and the stickiness of its clients.
 */

/**
 * Assigns wanted endpoints to slots 0..n-1, keeping as many as possible where they were: only new
 * endpoints and those whose slot is now beyond the end fill the holes. Without a previous
 * assignment the slots follow the order of `wanted`. A previous slot may be empty ('').
 */
export function assignSlots(previous: readonly string[], wanted: readonly string[]): string[] {
  const count = wanted.length;
  const wantedSet = new Set(wanted);
  const slots = Array<string>(count).fill('');
  const placed = new Set<string>();
  for (const [slot, endpoint] of previous.entries()) {
    if (slot < count && wantedSet.has(endpoint) && !placed.has(endpoint)) {
      slots[slot] = endpoint;
      placed.add(endpoint);
    }
  }
  if (placed.size === count) return slots;
  const movers = previous.filter((endpoint) => wantedSet.has(endpoint) && !placed.has(endpoint));
  const homeless = new Set([...movers, ...wanted.filter((endpoint) => !placed.has(endpoint))]);
  const next = homeless.values();
  return slots.map((endpoint) => (endpoint === '' ? (next.next().value ?? '') : endpoint));
}
