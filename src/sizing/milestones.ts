// Finds when something worth knowing is passed in a forecast: what the guide names, a budget, another database, the end of what fits.
import type { Values } from '../profile/formula.ts';
import type { ForecastModel, Profile } from '../profile/profile.ts';
import { stageWords } from './database.ts';
import type { ForecastRow } from './forecast.ts';
import { valuesOf } from './values.ts';

/** Something that is passed first in this period. Period 0 is so already. */
export interface Milestone {
  readonly id: string;
  readonly period: number;
  readonly say: string;
  readonly source?: string;
  /** On the axis of the growing input. */
  readonly level?: number;
}

/** The guide's milestones, and those every system has: a budget, another database stage, the end of what fits. */
export function milestonesOf(
  profile: Profile,
  model: ForecastModel,
  rows: readonly ForecastRow[],
): readonly Milestone[] {
  const passed = model.milestones.flatMap(({ id, when, say, source, level }): Milestone[] => {
    for (const row of rows) {
      const values = milestoneValues(profile, row);
      const result = when.evaluate(values);
      if (!result.ok || !result.value) continue;
      const more = {
        ...(source !== undefined && { source }),
        ...(level !== undefined && { level }),
      };
      return [{ id, period: row.period, say: say.withNumbers(values), ...more }];
    }
    return [];
  });
  return [
    ...passed,
    ...budgetMilestones(rows),
    ...stageMilestones(rows),
    ...endOfWhatFits(profile, rows),
  ].toSorted((a, b) => a.period - b.period);
}

function milestoneValues(profile: Profile, row: ForecastRow): Values {
  const { period, plan, databaseGib, costUsdPerMonth } = row;
  return {
    ...plan.recommended?.values,
    // A milestone speaks of the whole system; a sizing's own figures are those of one part.
    ...valuesOf(profile, plan.inputs),
    ...(row.replicas !== undefined && { replicas: row.replicas }),
    period,
    ...(databaseGib !== undefined && { database_gib: databaseGib }),
    ...(costUsdPerMonth !== undefined && { cost_usd: costUsdPerMonth }),
  };
}

function budgetMilestones(rows: readonly ForecastRow[]): readonly Milestone[] {
  return (['warning', 'critical'] as const).flatMap((state): Milestone[] => {
    const row = rows.find(({ plan: { budget } }) =>
      state === 'warning'
        ? budget?.state !== undefined && budget.state !== 'ok'
        : budget?.state === 'critical',
    );
    const budget = row?.plan.budget;
    if (row === undefined || budget === undefined) return [];
    // What is critical at once needs no warning before.
    if (state === 'warning' && budget.state === 'critical') return [];
    const say = `${budget.usedPercent} % of the budget of ${budget.usdPerMonth} USD a month`;
    return [{ id: `budget-${state}`, period: row.period, say, source: budget.source }];
  });
}

function stageMilestones(rows: readonly ForecastRow[]): readonly Milestone[] {
  return rows.flatMap((row, index): Milestone[] => {
    const now = stageOf(row);
    const before = index === 0 ? now : stageOf(rows[index - 1]);
    if (now === undefined || now === before) return [];
    return [{ id: 'database-stage', period: row.period, say: `database: ${now}` }];
  });
}

function stageOf(row: ForecastRow | undefined): string | undefined {
  return row?.plan.database && stageWords(row.plan.database);
}

function endOfWhatFits(profile: Profile, rows: readonly ForecastRow[]): readonly Milestone[] {
  const parts = rows.find((row) => (row.parts ?? 1) > (rows[0]?.parts ?? 1));
  const none = rows.find(({ replicas }) => replicas === undefined);
  const split = parts?.plan.recommended?.sizing.split;
  return [
    ...(parts === undefined || split === undefined
      ? []
      : [
          {
            id: 'split',
            period: parts.period,
            say: `${parts.parts} ${split.into}`,
            source: split.source,
          },
        ]),
    ...(none === undefined || profile.sizings.length === 0
      ? []
      : [
          {
            id: 'no-sizing',
            period: none.period,
            say: 'no sizing of the guide is feasible any more',
          },
        ]),
  ];
}
