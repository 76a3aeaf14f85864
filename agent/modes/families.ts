/** Which address families are served. */
import type { IpFamily } from '../../rules/ip.ts';
import type { Mode } from './mode.ts';

/** The families that a mode serves on this node, and why not the others that its kernel has. */
export interface ServedFamilies {
  readonly served: readonly IpFamily[];
  readonly obstacles: ReadonlyMap<IpFamily, string>;
}

/**
 * Asks the mode for each of `supported` but IPv4: without that nothing is served, and the first sync
 * says why.
 */
export async function servedFamilies(
  mode: Pick<Mode, 'obstacleTo'>,
  supported: readonly IpFamily[],
): Promise<ServedFamilies> {
  const obstacles = new Map<IpFamily, string>();
  for (const family of supported.filter((each) => each !== 'IPv4')) {
    const obstacle = await mode.obstacleTo?.(family);
    if (obstacle !== undefined) obstacles.set(family, obstacle);
  }
  return { served: supported.filter((family) => !obstacles.has(family)), obstacles };
}
