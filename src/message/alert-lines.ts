// The alerts behind a card: those that still fire first, each with since when and until when.

import { literal, when } from './message.ts';
import type { PlanView } from './plan-view.ts';

/** At most this many alerts are named on a card; the others are counted. */
const alertsNamed = 5;

export function alertLines(view: Pick<PlanView, 'alerts'>): string[] {
  const firing = view.alerts.filter(({ resolvedAt }) => resolvedAt === undefined);
  const ended = view.alerts.filter(({ resolvedAt }) => resolvedAt !== undefined);
  const lines = [...firing, ...ended].slice(0, alertsNamed).map((alert) => {
    const since = new Date(alert.startsAt);
    const until =
      alert.resolvedAt === undefined
        ? 'still firing'
        : `resolved ${when(new Date(alert.resolvedAt))}`;
    return `• ${literal(alert.alertname, 120)} since ${when(since)}, ${until}`;
  });
  const others = view.alerts.length - lines.length;
  return others > 0 ? [...lines, `• and ${others} more for the same workload`] : lines;
}
