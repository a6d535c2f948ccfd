// Reads durations in Prometheus' grammar ("30s", "1h30m"), so that a rule's `for` and our own settings are written alike.

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
  ['y', 31_536_000_000],
]);

/** Units from the largest to the smallest, each at most once, as Prometheus reads them. */
const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const ORDER = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/** Milliseconds, or `undefined` when the text is no duration. A number without a unit is none, except 0. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = text === '' ? null : DURATION.exec(text);
  if (match === null) return undefined;
  const ms = ORDER.reduce(
    (sum, unit, index) => sum + Number(match[index + 1] ?? 0) * (UNIT_MS.get(unit) ?? 0),
    0,
  );
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest text that parses to the same duration: `90000` is `1m30s`. Weeks and years are written as days. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const unit of ['d', 'h', 'm', 's', 'ms'] as const) {
    const size = UNIT_MS.get(unit) ?? 1;
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
