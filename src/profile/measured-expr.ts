// Connects the rule that fires an alert with what it measures, so that a profile states the query once.

/** The comparison at the end of a rule: `… > 500`. */
const COMPARISON = /^([\s\S]*\S)\s*([<>])=?\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/i;

/** What a rule compares with a level, and with which; undefined when it does not end in `> number` or `< number`. */
export function measuredBy(
  expr: string,
):
  | { readonly promql: string; readonly fires: 'above' | 'below'; readonly level: number }
  | undefined {
  const match = COMPARISON.exec(expr);
  if (match?.[1] === undefined) return undefined;
  return { promql: match[1], fires: match[2] === '>' ? 'above' : 'below', level: Number(match[3]) };
}

/** The rule that fires when a measurement is beyond a level. Parentheses keep operators that bind more loosely together. */
export function exprBeyond(promql: string, fires: 'above' | 'below', level: number): string {
  return `(${promql}) ${fires === 'above' ? '>' : '<'} ${level}`;
}
