// Puts a system's alerting rules into the two forms Prometheus is given rules in: a rule file, or an object of its operator.

import type { System } from '../plan/system.ts';
import { alertRules } from './alert-rules.ts';
import type { RulesDocument } from './rules-text.ts';

/** How rules are given to Prometheus. */
export const ruleFormats = ['prometheus', 'operator'] as const;
export type RuleFormat = (typeof ruleFormats)[number];

/** All alerting rules of a system: a rule file (`rule_files:`), or a PrometheusRule of the Prometheus operator. */
export function ruleGroup(system: System, format: RuleFormat): RulesDocument {
  const name = `headroom-${system.id}`;
  const groups = [{ name, rules: alertRules(system) }];
  const head = [
    `Alerts of ${system.title} for Headroom${system.wholeNamespace === undefined ? `, from profile ${system.profile.id}` : ''}.`,
    'Critical alerts lead to a card. Warnings are for people to see: Headroom sizes nothing for them.',
  ];
  if (format === 'prometheus') return { content: { groups }, head, notes: [] };
  return {
    head,
    content: {
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name, labels: { 'app.kubernetes.io/part-of': 'headroom' } },
      spec: { groups },
    },
    notes: [
      {
        path: ['metadata', 'labels'],
        lines: [
          'The operator takes only what ruleSelector and ruleNamespaceSelector of its Prometheus object ask for:',
          'add that label here, and apply this in a namespace it looks at.',
        ],
      },
    ],
  };
}
