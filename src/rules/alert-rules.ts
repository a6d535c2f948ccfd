// Turns a profile's triggers into alerting rules whose alerts find their way back to the component they are about.

import { promqlNamesOf, type System } from '../plan/system.ts';
import { formatAmount } from '../profile/amount.ts';
import { formatDuration } from '../profile/duration.ts';
import { exprBeyond } from '../profile/measured-expr.ts';
import type { Trigger } from '../profile/profile.ts';
import { fillPromql, type PromqlNames } from '../profile/promql.ts';

/** One alerting rule as Prometheus reads it, in a rule file and in a PrometheusRule alike. */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Fires always. Whoever waits for it learns when Prometheus or Alertmanager have fallen silent. */
export const watchdogAlert = 'HeadroomWatchdog';

/** The values of the label `severity`; what a receiver is told by. */
export const severities = { critical: 'critical', warning: 'warning', none: 'none' } as const;

/**
 * One rule for each trigger at its critical level, one more where it has a warning level, and the watchdog. A warning
 * has an alertname of its own that no trigger answers to: it is for people to see, and nothing is sized for it. A system
 * that is a namespace without a profile has one rule, for any autoscaler in it that wants more than it may have.
 */
export function alertRules(system: System): readonly AlertRule[] {
  const triggers = [...system.profile.triggers.values()];
  const taken = new Set(triggers.map(({ alert }) => alert));
  const rules = triggers.flatMap((trigger) => {
    const names = promqlNamesOf(system, trigger.component);
    return names === undefined ? [] : rulesOf(trigger, { system, names, taken });
  });
  const { wholeNamespace } = system;
  const maximum = wholeNamespace === undefined ? [] : [atMaximum(system, wholeNamespace)];
  return [...rules, ...maximum, watchdog(system)];
}

interface Place {
  readonly system: System;
  readonly names: PromqlNames;
  /** Alertnames that mean a trigger of this profile. */
  readonly taken: ReadonlySet<string>;
}

function rulesOf(trigger: Trigger, place: Place): readonly AlertRule[] {
  const { alert, expr, fireAt, warnAt, fires, measure } = trigger;
  const critical = ruleAt(trigger, place, {
    alert,
    expr,
    level: fireAt,
    severity: severities.critical,
    runbook: criticalRunbook(trigger),
  });
  if (warnAt === undefined) return [critical];
  const warning = ruleAt(trigger, place, {
    alert: warningName(alert, place.taken),
    expr: exprBeyond(measure.promql, fires, warnAt),
    level: warnAt,
    severity: severities.warning,
    runbook: warningRunbook(trigger),
  });
  return [critical, warning];
}

interface Level {
  readonly alert: string;
  readonly expr: string;
  readonly level: number;
  readonly severity: string;
  readonly runbook: string;
}

function ruleAt(trigger: Trigger, { system, names }: Place, at: Level): AlertRule {
  const { component, unit, fires, forMs, target } = trigger;
  const duration = formatDuration(forMs);
  const bound = `${fires} ${formatAmount(at.level, unit)}`;
  const aim = target === undefined ? '' : ` It should be at ${formatAmount(target, unit)}.`;
  return {
    alert: at.alert,
    expr: fillPromql(at.expr, names),
    for: duration,
    labels: {
      severity: at.severity,
      namespace: names.namespace,
      headroom_system: system.id,
      headroom_component: component,
      headroom_trigger: trigger.id,
    },
    annotations: {
      summary: `${literalText(`${component} of ${system.title}:`)} ${valueTemplate(unit)}, ${literalText(bound)}`,
      description: literalText(
        `It has been ${bound} for ${duration}.${aim} Source: ${system.profile.guide}, ${trigger.source}`,
      ),
      runbook: literalText(at.runbook),
      value: '{{ $value }}',
    },
  };
}

/** `XWarning`, and never the name of an alert that something is sized for. */
function warningName(alert: string, taken: ReadonlySet<string>): string {
  const name = `${alert}Warning`;
  return taken.has(name) ? warningName(name, taken) : name;
}

function criticalRunbook(trigger: Trigger): string {
  const { kind, component, lookAt } = trigger;
  if (kind === 'investigate') {
    return `More pods do not cure this by themselves. Look at, in this order: ${numbered(lookAt)}`;
  }
  const answer = `Headroom measures it again and answers with a card: how many pods of ${component}, why, and what to change.`;
  return lookAt.length === 0 ? answer : `${answer} Look at first: ${numbered(lookAt)}`;
}

function warningRunbook({ fires, fireAt, unit, lookAt }: Trigger): string {
  const note = `A warning opens no card: nothing is sized until it is ${fires} ${formatAmount(fireAt, unit)}.`;
  return lookAt.length === 0 ? note : `${note} What to look at: ${numbered(lookAt)}`;
}

function numbered(lines: readonly string[]): string {
  return lines.map((line, index) => `${index + 1}. ${line.replace(/[.;]$/, '')}`).join('; ');
}

/** The measured value in words, written by Prometheus when the alert fires. */
function valueTemplate(unit: string): string {
  if (unit === 'ratio') return '{{ $value | humanizePercentage }}';
  if (unit === 's') return '{{ $value | humanizeDuration }}';
  return `{{ $value | humanize }} ${literalText(unit)}`;
}

/** Prometheus reads annotations as templates; words from a file are none. */
function literalText(text: string): string {
  return text.replaceAll('{{', '{{ "{{" }}');
}

/** kube-state-metrics' own labels say which autoscaler it is. */
function atMaximum({ id, title }: System, namespace: string): AlertRule {
  const where = `namespace="${namespace}"`;
  const same = 'on (namespace, horizontalpodautoscaler)';
  return {
    alert: 'HeadroomAutoscalerAtMaximum',
    expr: [
      `kube_horizontalpodautoscaler_status_desired_replicas{${where}}`,
      `>= ${same} kube_horizontalpodautoscaler_spec_max_replicas{${where}}`,
      `and ${same} kube_horizontalpodautoscaler_status_condition{${where},condition="ScalingLimited",status="true"} == 1`,
    ].join('\n'),
    for: '15m',
    labels: { severity: severities.critical, headroom_system: id },
    annotations: {
      summary:
        literalText(`${title}:`) +
        ' {{ $labels.horizontalpodautoscaler }} wants more than its maximum of {{ $value }} pods',
      description: 'Its autoscaler has been held at its maximum for 15m.',
      runbook:
        'Headroom asks the cluster whether it still wants more, and answers with a card that raises the maximum.',
    },
  };
}

function watchdog({ id, title }: System): AlertRule {
  return {
    alert: watchdogAlert,
    expr: 'vector(1)',
    labels: { severity: severities.none, headroom_system: id },
    annotations: {
      summary: literalText(`The alerts of ${title} are being evaluated and delivered`),
      description:
        'Always firing. When it stops arriving, Prometheus or Alertmanager is silent, and so is every other alert.',
    },
  };
}
