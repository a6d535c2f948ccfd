// The functions this stand-in knows and what they take; the same table serves parsing and evaluation.

export type ValueType = 'scalar' | 'vector' | 'matrix';

interface Signature {
  readonly required: readonly ValueType[];
  readonly optional?: readonly ValueType[];
}

const overTime: Signature = { required: ['matrix'] };
const perValue: Signature = { required: ['vector'] };

const signatures = {
  abs: perValue,
  absent: perValue,
  avg_over_time: overTime,
  ceil: perValue,
  clamp: { required: ['vector', 'scalar', 'scalar'] },
  clamp_max: { required: ['vector', 'scalar'] },
  clamp_min: { required: ['vector', 'scalar'] },
  count_over_time: overTime,
  delta: overTime,
  floor: perValue,
  increase: overTime,
  irate: overTime,
  last_over_time: overTime,
  max_over_time: overTime,
  min_over_time: overTime,
  quantile_over_time: { required: ['scalar', 'matrix'] },
  rate: overTime,
  round: { required: ['vector'], optional: ['scalar'] },
  scalar: perValue,
  sum_over_time: overTime,
  time: { required: [] },
  timestamp: perValue,
  vector: { required: ['scalar'] },
} as const satisfies Readonly<Record<string, Signature>>;

export type FunctionName = keyof typeof signatures;

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(signatures, name);
}

/** The types of a function's arguments, those that may be left out apart. */
export function argumentTypes(name: FunctionName): Required<Signature> {
  const signature: Signature = signatures[name];
  return { required: signature.required, optional: signature.optional ?? [] };
}
