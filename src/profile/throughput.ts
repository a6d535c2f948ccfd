// Turns a throughput into work per minute, the one rate in which arrivals, backlogs and pods are compared.

const PER_MINUTE: ReadonlyMap<string, number> = new Map([
  ['s', 60],
  ['sec', 60],
  ['second', 60],
  ['min', 1],
  ['minute', 1],
  ['h', 1 / 60],
  ['hour', 1 / 60],
]);

/** Work per minute of a throughput in `things/s`, `things/min` or `things/h`; `undefined` for anything else. */
export function perMinute(
  throughput: { readonly value: number; readonly unit: string } | undefined,
): number | undefined {
  if (throughput === undefined) return undefined;
  const slash = throughput.unit.lastIndexOf('/');
  const factor = slash < 0 ? undefined : PER_MINUTE.get(throughput.unit.slice(slash + 1).trim());
  return factor === undefined ? undefined : throughput.value * factor;
}
