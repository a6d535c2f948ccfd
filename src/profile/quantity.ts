// Reads and writes Kubernetes quantities ("500m", "1.5Gi") as numbers, because plans calculate with them.

const FACTORS: ReadonlyMap<string, number> = new Map([
  ['n', 1e-9],
  ['u', 1e-6],
  ['m', 1e-3],
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['E', 1e18],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['Gi', 2 ** 30],
  ['Ti', 2 ** 40],
  ['Pi', 2 ** 50],
  ['Ei', 2 ** 60],
]);

const QUANTITY =
  /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei))?$/;

const MI_BYTES = 2 ** 20;

/** The number a quantity stands for (cores, bytes), or `undefined` when it is none. Exact up to 8 Pi bytes. */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, digits = '', exponent, suffix = ''] = match;
  const value =
    exponent === undefined
      ? Number(digits) * (FACTORS.get(suffix) ?? Number.NaN)
      : Number(`${digits}e${exponent}`);
  return Number.isFinite(value) ? value : undefined;
}

/** CPU as whole millicores, rounded up. */
export function parseCpuMillicores(text: string): number | undefined {
  const cores = parseQuantity(text);
  return cores === undefined ? undefined : roundUp(cores * 1000);
}

/** Memory as whole Mi (2^20 bytes), rounded up. */
export function parseMemoryMi(text: string): number | undefined {
  const bytes = parseQuantity(text);
  return bytes === undefined ? undefined : roundUp(bytes / MI_BYTES);
}

/** `1500` millicores as Kubernetes writes them: `1500m`. */
export function formatCpu(millicores: number): string {
  return `${millicores}m`;
}

/** Whole Gi where it is whole, else Mi. */
export function formatMemory(mi: number): string {
  return mi !== 0 && mi % 1024 === 0 ? `${mi / 1024}Gi` : `${mi}Mi`;
}

/** Millicores in the text a server keeps: `750m`, `2`. Patches test by text, so they must write it that way. */
export function canonicalCpu(millicores: number): string {
  return millicores % 1000 === 0 ? String(millicores / 1000) : formatCpu(millicores);
}

/** Whole Mi in the text a server keeps: `512Mi`, `2Gi`, `1Ti`. */
export function canonicalMemory(mi: number): string {
  return mi !== 0 && mi % (1024 * 1024) === 0 ? `${mi / (1024 * 1024)}Ti` : formatMemory(mi);
}

/** 0.1 cores times 1000 is a little over 100 in binary, which must stay 100. */
function roundUp(value: number): number {
  const whole = Math.round(value);
  return Math.abs(value - whole) <= 1e-9 * Math.max(1, Math.abs(value)) ? whole : Math.ceil(value);
}
