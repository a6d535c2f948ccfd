// How each kind of step that SQL can do is drawn, in one table.

import type { DatabaseDeed } from '../sizing/planned-step.ts';
import { drawDrops } from './draw-drops.ts';
import { drawHypertable } from './draw-hypertable.ts';
import { drawIndexes } from './draw-indexes.ts';
import { drawPartitions } from './draw-partitions.ts';
import { drawSettings } from './draw-settings.ts';
import { drawTables } from './draw-tables.ts';
import type { Drawing, Drawn, ServerFacts } from './drawing.ts';
import type { Answers, Query } from './query.ts';

const drawings = {
  hypertable: drawHypertable,
  indexes: drawIndexes,
  settings: drawSettings,
  tables: drawTables,
  partitions: drawPartitions,
  dropDetached: drawDrops,
} as const satisfies {
  readonly [D in DatabaseDeed['deed']]?: Drawing<Extract<DatabaseDeed, { readonly deed: D }>>;
};

/** A step that SQL can do. */
export type SqlStep = Extract<DatabaseDeed, { readonly deed: keyof typeof drawings }>;

export function isSqlStep(step: DatabaseDeed): step is SqlStep {
  return Object.hasOwn(drawings, step.deed);
}

function drawingOf(step: SqlStep): Drawing<SqlStep> {
  return drawings[step.deed];
}

/** What must be asked before it is drawn. */
export function questionsFor(step: SqlStep, facts: ServerFacts): readonly Query[] {
  return drawingOf(step).questions(step, facts);
}

/** What must be asked after that; the answers follow the others. */
export function furtherQuestions(
  step: SqlStep,
  answers: Answers,
  facts: ServerFacts,
): readonly Query[] {
  return drawingOf(step).further?.(step, answers, facts) ?? [];
}

/** The deeds it comes to on this server, or why there are none. */
export function drawDeed(step: SqlStep, answers: Answers, facts: ServerFacts): Drawn {
  return drawingOf(step).draw(step, answers, facts);
}
