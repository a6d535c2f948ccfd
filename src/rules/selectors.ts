// Finds the series selectors of a PromQL text, so that their matchers can be exchanged for those of a metrics adapter.

/** `metric{matchers}` in a query. */
export interface Selector {
  /** Empty when the name stands among the matchers. */
  readonly metric: string;
  /** Each as it is written, such as `pod=~"web-.+"`. */
  readonly matchers: readonly string[];
  /** From the metric's first character to behind the closing brace. */
  readonly start: number;
  readonly end: number;
}

const METRIC_BEFORE = /[A-Za-z_:][\w:]*$/;

/** All selectors with braces, in order. Braces and commas inside quotes are text. */
export function selectorsIn(promql: string): readonly Selector[] {
  const found: Selector[] = [];
  let quote = '';
  let open = -1;
  let cuts: number[] = [];
  for (let at = 0; at < promql.length; at += 1) {
    const character = promql[at] ?? '';
    if (quote !== '') {
      if (character === '\\' && quote !== '`') at += 1;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'" || character === '`') {
      quote = character;
    } else if (character === '{') {
      open = at;
      cuts = [at];
    } else if (open !== -1 && character === ',') {
      cuts.push(at);
    } else if (open !== -1 && character === '}') {
      found.push(selector(promql, open, [...cuts, at]));
      open = -1;
    }
  }
  return found;
}

function selector(promql: string, open: number, cuts: readonly number[]): Selector {
  const metric = METRIC_BEFORE.exec(promql.slice(0, open).trimEnd())?.[0] ?? '';
  const spaces = promql.slice(0, open).length - promql.slice(0, open).trimEnd().length;
  const matchers = cuts
    .slice(1)
    .map((cut, index) => promql.slice((cuts[index] ?? 0) + 1, cut).trim())
    .filter((matcher) => matcher !== '');
  const start = metric === '' ? open : open - spaces - metric.length;
  return { metric, matchers, start, end: (cuts.at(-1) ?? open) + 1 };
}

/** The query with each selector written anew. */
export function withSelectors(promql: string, write: (selector: Selector) => string): string {
  let text = '';
  let from = 0;
  for (const each of selectorsIn(promql)) {
    text += promql.slice(from, each.start) + write(each);
    from = each.end;
  }
  return text + promql.slice(from);
}
