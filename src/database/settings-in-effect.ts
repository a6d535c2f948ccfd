// Reads back which values of settings a server has in effect, whoever wrote them.

import { z } from 'zod';
import { sameValue } from './amounts.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

const row = z.object({
  name: z.string(),
  setting: z.string(),
  shown: z.string(),
  unit: z.string().nullable(),
  vartype: z.string(),
  source: z.string(),
});

/** What a session has of its own, by its database, its user or its address, tells nothing of the server's. */
const ofSession = ['global', 'database', 'user', 'database user', 'client', 'session'];

export function inEffectQuery(names: readonly string[]): Query {
  return {
    text: `select name, setting, current_setting(name) as shown, unit, vartype, source from pg_settings where name = any($1)`,
    values: [names],
  };
}

/** In words, which ones are not as wanted; undefined where all are, or only a session's own would tell. */
export function whyNotInEffect(
  wanted: Readonly<Record<string, string>>,
  answers: Answers,
): string | undefined {
  const all = new Map(rowsOf(row, answers, 0).map((each) => [each.name, each]));
  const others = Object.entries(wanted).flatMap(([name, value]) => {
    const now = all.get(name);
    if (now === undefined) return [`there is no ${name}`];
    const like = { unit: now.unit ?? undefined, vartype: now.vartype };
    const isSo = ofSession.includes(now.source) || sameValue(now.setting, value, like);
    return isSo ? [] : [`${name} is ${now.shown}, wanted ${value}`];
  });
  return others.length === 0 ? undefined : others.join(', ');
}
