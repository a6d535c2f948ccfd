// Evaluates recording and alerting rules, and remembers since when each alert has been true.
import { parseDurationMs } from '../../src/profile/duration.ts';
import { evaluate } from './evaluate.ts';
import { formatAlertValue, formatValue } from './format.ts';
import { parsePromql } from './parser.ts';
import { type Labels, labelKey, type SeriesStore, withoutName } from './series-store.ts';
import type { Expression } from './syntax.ts';
import { QueryFailure } from './tokens.ts';
import { type Row, rowsOf } from './values.ts';

/** A rule as rule files have it, in one of the two kinds. */
export type Rule = {
  readonly expr: string;
  readonly labels?: Labels;
} & (
  | { readonly record: string }
  | { readonly alert: string; readonly for?: string; readonly annotations?: Labels }
);

/** An alert that is true now; it fires once it has been for as long as its rule says. */
export interface ActiveAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
}

interface Loaded {
  readonly rule: Rule;
  readonly expression: Expression;
  readonly forMs: number;
  /** When each alert of the rule began to be true, by its labels. */
  activeSince: ReadonlyMap<string, number>;
  alerts: readonly ActiveAlert[];
  /** Why the last evaluation failed; a rule that fails has no alerts. */
  lastError: string | undefined;
}

export class Rules {
  #loaded: readonly Loaded[] = [];
  #lastEvaluationMs = 0;

  /** Replaces all rules. Throws QueryFailure when an expression is not understood. */
  load(rules: readonly Rule[]): void {
    this.#loaded = rules.map((rule) => ({
      rule,
      expression: parsePromql(rule.expr),
      forMs: 'alert' in rule ? durationOf(rule.for ?? '0') : 0,
      activeSince: new Map(),
      alerts: [],
      lastError: undefined,
    }));
  }

  /** Evaluates all rules now, in their order. */
  evaluate(nowMs: number, store: SeriesStore): void {
    for (const loaded of this.#loaded) {
      try {
        this.#evaluateOne(loaded, nowMs, store);
        loaded.lastError = undefined;
      } catch (error) {
        if (!(error instanceof QueryFailure)) throw error;
        loaded.lastError = error.message;
        loaded.alerts = [];
      }
    }
    this.#lastEvaluationMs = nowMs;
  }

  alerts(): readonly ActiveAlert[] {
    return this.#loaded.flatMap(({ alerts }) => alerts);
  }

  /** The groups as `/api/v1/rules` shows them; all rules are in one. */
  groups(): readonly object[] {
    if (this.#loaded.length === 0) return [];
    const evaluated = {
      evaluationTime: 0.0005,
      lastEvaluation: new Date(this.#lastEvaluationMs).toISOString(),
    };
    const rules = this.#loaded.map((loaded) => ({ ...describe(loaded), ...evaluated }));
    return [{ name: 'sandbox', file: 'rules.yml', rules, interval: 1, limit: 0, ...evaluated }];
  }

  #evaluateOne(loaded: Loaded, nowMs: number, store: SeriesStore): void {
    const value = evaluate(loaded.expression, nowMs, store);
    const rows = value.type === 'scalar' ? [{ labels: {}, value: value.value }] : rowsOf(value);
    if ('record' in loaded.rule) record(loaded.rule, { rows, nowMs, store });
    else this.#renew(loaded, rows, nowMs);
  }

  #renew(loaded: Loaded, rows: readonly Row[], nowMs: number): void {
    const { rule, forMs } = loaded;
    if (!('alert' in rule)) return;
    const since = new Map<string, number>();
    loaded.alerts = rows.map((row) => {
      const labels = {
        alertname: rule.alert,
        ...withoutName(row.labels),
        ...fill(rule.labels, row),
      };
      const key = labelKey(labels);
      const activeMs = loaded.activeSince.get(key) ?? nowMs;
      since.set(key, activeMs);
      return {
        labels,
        annotations: fill(rule.annotations, row),
        state: nowMs - activeMs >= forMs ? 'firing' : 'pending',
        activeAt: new Date(activeMs).toISOString(),
        value: formatAlertValue(row.value),
      };
    });
    loaded.activeSince = since;
  }
}

function record(
  rule: Extract<Rule, { record: string }>,
  { rows, nowMs, store }: { rows: readonly Row[]; nowMs: number; store: SeriesStore },
): void {
  for (const { labels, value } of rows) {
    store.find(rule.record, { ...withoutName(labels), ...rule.labels }).setAt(value, nowMs);
  }
}

function describe({ rule, forMs, alerts, lastError }: Loaded): object {
  const health = lastError === undefined ? { health: 'ok' } : { health: 'err', lastError };
  const labels = rule.labels === undefined ? {} : { labels: rule.labels };
  if ('record' in rule) {
    return { name: rule.record, query: rule.expr, ...labels, ...health, type: 'recording' };
  }
  const state = alerts.some((alert) => alert.state === 'firing')
    ? 'firing'
    : alerts.length > 0
      ? 'pending'
      : 'inactive';
  return {
    state,
    name: rule.alert,
    query: rule.expr,
    duration: forMs / 1000,
    keepFiringFor: 0,
    labels: rule.labels ?? {},
    annotations: rule.annotations ?? {},
    alerts,
    ...health,
    type: 'alerting',
  };
}

/** Of Prometheus' templates only the two that rules for capacity use: `{{ $value }}` and `{{ $labels.name }}`. */
function fill(texts: Labels = {}, { labels, value }: Row): Labels {
  const filled = Object.entries(texts).map(([name, text]) => [
    name,
    text
      .replaceAll(/\{\{\s*\$value\s*\}\}/g, () => formatValue(value))
      .replaceAll(/\{\{\s*\$labels\.(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? ''),
  ]);
  return Object.fromEntries(filled);
}

function durationOf(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined) throw new Error(`"${text}" is no duration.`);
  return ms;
}
