/** Selectors from JSON. */
import type { SelectorBodies } from '../selector.ts';
import {
  ADDRESS_FAMILIES,
  CT_DIRECTIONS,
  CT_KEYS,
  FIB_FLAGS,
  FIB_RESULTS,
  IPSEC_DIRECTIONS,
  IPSEC_KEYS,
  META_KEYS,
  NUMGEN_MODES,
  OSF_KEYS,
  OSF_TTLS,
  PAYLOAD_BASES,
  RT_KEYS,
  SOCKET_KEYS,
} from '../words.ts';
import { integer, listOf, object, oneOf, shape, string, type Readers } from './reader.ts';

const addressFamily = oneOf(ADDRESS_FAMILIES);
const headerField = shape({ name: string }, { field: string });
const rawPayload = shape({ base: oneOf(PAYLOAD_BASES), offset: integer, len: integer });
const namedPayload = shape({ protocol: string, field: string }, { tunnel: string });
const rawTcpOption = shape({ base: integer, offset: integer, len: integer });

/** Readers of all kinds of selectors. */
export const selectors: Readers<SelectorBodies> = {
  payload: (value) => ('base' in object(value) ? rawPayload(value) : namedPayload(value)),
  exthdr: shape({ name: string }, { field: string, offset: integer }),
  'tcp option': (value) => ('base' in object(value) ? rawTcpOption(value) : headerField(value)),
  'ip option': headerField,
  'sctp chunk': headerField,
  'dccp option': shape({ type: integer }),
  meta: shape({ key: oneOf(META_KEYS) }),
  ct: shape({ key: oneOf(CT_KEYS) }, { dir: oneOf(CT_DIRECTIONS), family: addressFamily }),
  rt: shape({ key: oneOf(RT_KEYS) }, { family: addressFamily }),
  socket: shape({ key: oneOf(SOCKET_KEYS) }),
  osf: shape({ key: oneOf(OSF_KEYS) }, { ttl: oneOf(OSF_TTLS) }),
  ipsec: shape(
    { key: oneOf(IPSEC_KEYS), dir: oneOf(IPSEC_DIRECTIONS) },
    { family: addressFamily, spnum: integer },
  ),
  fib: shape({ result: oneOf(FIB_RESULTS), flags: listOf(oneOf(FIB_FLAGS)) }),
  numgen: shape({ mode: oneOf(NUMGEN_MODES), mod: integer }, { offset: integer }),
  symhash: shape({ mod: integer }, { offset: integer }),
};
