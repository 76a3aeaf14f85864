/** Numbers with their units, as tables have them. */
import type { ClusterSize } from './figures.ts';

/** `10,000 x 10`: Services and endpoints of each. */
export function sizeText({ services, endpoints }: ClusterSize): string {
  return `${count(services)} x ${endpoints}`;
}

/** `10,000`. */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}

/** `1.50 s`. */
export function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}

/** `5.60 ms`, and from 100 on without decimals. */
export function milliseconds(value: number): string {
  return `${value.toFixed(value < 100 ? 2 : 0)} ms`;
}

/** `3.2 µs`. */
export function microseconds(value: number): string {
  return `${value.toFixed(1)} µs`;
}

/** `250 MB`. */
export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

/** `12.5 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
