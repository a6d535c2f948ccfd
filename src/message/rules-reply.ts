// The answer to a question for rules: what would fire, how to get the files, and the rules themselves where Slack has room.

import type { System } from '../plan/system.ts';
import { formatAmount } from '../profile/amount.ts';
import { adapterRules } from '../rules/adapter-rules.ts';
import { type AlertRule, alertRules, severities } from '../rules/alert-rules.ts';
import { ruleGroup } from '../rules/rule-group.ts';
import { yamlText } from '../rules/rules-text.ts';
import { slackLimits } from './limits.ts';
import {
  context,
  counted,
  escapeMrkdwn,
  fallback,
  literal,
  type Message,
  plainMessage,
  section,
  sections,
} from './message.ts';

/** Nothing is changed: rules are for people to review, keep and hand to Prometheus. */
export function rulesMessage(system: System): Message {
  const title = literal(system.title, 80);
  const rules = alertRules(system);
  const of = (severity: string) => rules.filter(({ labels }) => labels['severity'] === severity);
  const [critical, warnings] = [of(severities.critical), of(severities.warning)];
  if (critical.length === 0) {
    return plainMessage(`${title} has no profile with triggers, so there are no rules for it.`);
  }
  const others =
    warnings.length === 0 ? '' : `, ${counted(warnings.length, 'warning')} without one`;
  const count = `${counted(critical.length, 'alert')} for a card${others}`;
  const whole = snippet(system);
  const note = whole === undefined ? ' The rules are longer than Slack shows in one piece.' : '';
  return fallback(`${title}: ${count}`, [
    ...sections([`*${title}*: ${count}.`, ...critical.map((rule) => ruleLine(rule, system))], 2),
    section(commands(system)),
    ...(whole === undefined ? [] : [section(whole)]),
    context(`A watchdog that always fires is among them.${note} Nothing was changed.`),
  ]);
}

function ruleLine({ alert, labels, for: duration }: AlertRule, { profile }: System): string {
  const trigger = profile.triggers.get(labels['headroom_trigger'] ?? '');
  const lasting = duration === undefined ? '' : ` for ${duration}`;
  if (trigger === undefined) return `• \`${alert}\` any autoscaler${lasting}`;
  const { component, fires, fireAt, warnAt, unit } = trigger;
  const early = warnAt === undefined ? '' : ` (warning: ${formatAmount(warnAt, unit)})`;
  const level = `${fires} ${formatAmount(fireAt, unit)}${lasting}${early}`;
  return `• \`${alert}\` ${literal(`${component}: ${level}`, 200)}`;
}

function commands(system: System): string {
  const command = `headroom rules ${system.id}`;
  const adapter = adapterRules(system).document.content;
  const custom = Object.values(adapter).some((each) => Array.isArray(each) && each.length > 0);
  return [
    '*To get them*, on the command line where headroom.yaml is:',
    `\`${command}\`  a rule file for Prometheus`,
    `\`${command} --format operator\`  a PrometheusRule for its operator`,
    `\`${command} --part receiver\`  what Alertmanager needs to send them here`,
    ...(custom
      ? [`\`${command} --part adapter\`  what the metrics adapter needs for its autoscalers`]
      : []),
  ].join('\n');
}

/** The rule file, where one block of Slack holds all of it: a part of a file is no file. */
function snippet(system: System): string | undefined {
  const text = `\`\`\`\n${escapeMrkdwn(yamlText(ruleGroup(system, 'prometheus')).trimEnd())}\n\`\`\``;
  const fits = text.length <= slackLimits.section.textChars && text.split('```').length === 3;
  return fits ? text : undefined;
}
