// Reads the schedule of a CronJob far enough to refuse a broken one in the words of the library the server uses.

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Field[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ['', ...months] },
  { min: 0, max: 6, names: days },
];
const macros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
/** A duration as Go writes it. */
const duration = /^[+-]?(\d+\.?\d*(ns|us|µs|ms|s|m|h))+$/;

function numberOf(written: string, { names }: Field): number | string {
  const named = names.indexOf(written.toLowerCase());
  if (written !== '' && named >= 0) return named;
  if (!/^[+-]?\d+$/.test(written)) {
    const quoted = JSON.stringify(written);
    return `failed to parse int from ${written}: strconv.Atoi: parsing ${quoted}: invalid syntax`;
  }
  const value = Number(written);
  return value < 0 ? `negative number (${value}) not allowed: ${written}` : value;
}

function rangeMistake(written: string, field: Field): string | undefined {
  const [range = '', step, ...moreSteps] = written.split('/');
  const [low = '', high, ...moreHyphens] = range.split('-');
  if (moreSteps.length > 0) return `too many slashes: ${written}`;
  let [start, end] = [field.min, field.max];
  if (low !== '*' && low !== '?') {
    if (moreHyphens.length > 0) return `too many hyphens: ${written}`;
    const first = numberOf(low, field);
    if (typeof first === 'string') return first;
    const second = high === undefined ? first : numberOf(high, field);
    if (typeof second === 'string') return second;
    start = first;
    end = step !== undefined && high === undefined ? field.max : second;
  }
  const every = step === undefined ? 1 : numberOf(step, { ...field, names: [] });
  if (typeof every === 'string') return every;
  if (start < field.min) {
    return `beginning of range (${start}) below minimum (${field.min}): ${written}`;
  }
  if (end > field.max) return `end of range (${end}) above maximum (${field.max}): ${written}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${written}`;
  return every === 0 ? `step of range should be a positive number: ${written}` : undefined;
}

/** What is wrong with a schedule of five fields or a macro; undefined when nothing is. */
export function scheduleMistake(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  if (schedule.startsWith('@every ')) {
    const written = schedule.slice('@every '.length);
    return duration.test(written)
      ? undefined
      : `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(written)}`;
  }
  if (schedule.startsWith('@')) {
    return macros.includes(schedule) ? undefined : `unrecognized descriptor: ${schedule}`;
  }
  const written = schedule.split(/\s+/).filter((part) => part !== '');
  if (written.length !== fields.length) {
    return `expected exactly 5 fields, found ${written.length}: [${written.join(' ')}]`;
  }
  for (const [index, field] of fields.entries()) {
    for (const part of (written[index] ?? '').split(',')) {
      const mistake = rangeMistake(part, field);
      if (mistake !== undefined) return mistake;
    }
  }
  return undefined;
}
