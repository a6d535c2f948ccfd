// Connects the rule that fires an alert with what it measures, so that a profile states the query once.

/** The comparison at the end of a rule: `… > 500`. */
const COMPARISON = /^([\s\S]*\S)\s*([<>])=?\s*(-?\d+(?:\.\d+)?(?:e-?\d+)?)\s*$/i;

/** Binds as loosely as the comparison or looser: what stands before it is then not what is compared. */
const LOOSER = /[<>]|[!=]=|\b(?:and|or|unless)\b/i;

/** What stands in quotes, in brackets of any kind, or in a comment. The innermost brackets go first. */
const QUOTED = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|`[^`]*`|#.*/g;
const BRACKETED = /\([^()]*\)|\{[^{}]*\}|\[[^[\]]*\]/g;

/** A query without all that is inside something. */
function outside(promql: string): string {
  let text = promql.replaceAll(QUOTED, '');
  for (let before = ''; before !== text; ) {
    before = text;
    text = text.replaceAll(BRACKETED, ' ');
  }
  return text;
}

/** What a rule compares with a level, and with which; undefined when it is not one query that ends in `> number` or `< number`. */
export function measuredBy(
  expr: string,
):
  | { readonly promql: string; readonly fires: 'above' | 'below'; readonly level: number }
  | undefined {
  const match = COMPARISON.exec(expr);
  if (match?.[1] === undefined || LOOSER.test(outside(match[1]))) return undefined;
  return { promql: match[1], fires: match[2] === '>' ? 'above' : 'below', level: Number(match[3]) };
}

/** The rule that fires when a measurement is beyond a level. Parentheses keep operators that bind more loosely together. */
export function exprBeyond(promql: string, fires: 'above' | 'below', level: number): string {
  // A comment at the end would take the parenthesis with it.
  return `(${promql}${promql.includes('#') ? '\n' : ''}) ${fires === 'above' ? '>' : '<'} ${level}`;
}
