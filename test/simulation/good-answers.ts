// Answers whatever the gates of a plan ask of metrics and of a database such that they hold, in the order of its steps.

import { questionsOfFact } from '../../src/database/fact-reads.ts';
import {
  connectionsNow,
  countersNow,
  indexBuilds,
  serverNow,
  standbysNow,
} from '../../src/database/health.ts';
import { poolsNow } from '../../src/database/pools-now.ts';
import type { Answers, Query, Row } from '../../src/database/query.ts';
import { isSqlFact } from '../../src/plan/measured-fact.ts';
import { type Bound, isChange, type Look, type Step } from '../../src/plan/step.ts';
import type { Answering } from './world.ts';

export class GoodAnswers implements Answering {
  /** What a story wants answered otherwise: undefined leaves it good. */
  instead: (asked: Look) => number | undefined = () => undefined;
  #looks: readonly Look[] = [];
  #at = 0;

  /** A plan begins. */
  for(steps: readonly Step[]): void {
    this.#looks = steps.flatMap((step) => (isChange(step) || !step.look ? [] : [step.look]));
    this.#at = 0;
  }

  metric(promql: string): number {
    const look = this.#next((each) => each.metric?.promql === promql);
    return look === undefined ? 0 : this.#number(look, look.metric ?? {});
  }

  database(queries: readonly Query[]): Answers {
    const asked = textsOf(queries);
    const look = this.#next(
      ({ fact }) =>
        fact !== undefined && isSqlFact(fact.name) && textsOf(questionsOfFact(fact.name)) === asked,
    );
    const number = look?.fact && this.#number(look, look.fact);
    const rows = rowsFor(look?.fact?.name, number ?? 0);
    return queries.map(({ text }) => rows.get(text) ?? []);
  }

  /** The same may be asked twice with another wish: first what comes first, and what comes last stays. */
  #next(isAsked: (look: Look) => boolean): Look | undefined {
    const index = this.#looks.findIndex((look, at) => at >= this.#at && isAsked(look));
    if (index < 0) return this.#looks.findLast(isAsked);
    this.#at = index;
    return this.#looks[index];
  }

  #number(look: Look, bound: Bound): number {
    return this.instead(look) ?? within(bound);
  }
}

function textsOf(queries: readonly Query[]): string {
  return queries.map(({ text }) => text).join('\n');
}

/** As near to the edge as a number may be. */
function within({ above, atLeast, below, atMost }: Bound): number {
  if (above !== undefined) return above + 1;
  if (below !== undefined) return below - 0.01;
  return atLeast ?? atMost ?? 0;
}

/** Connections for the pods of every guide. */
const plenty = 5_000;

/** A server with so much of what was asked, and with plenty of everything else. */
function rowsFor(fact: string | undefined, number: number): ReadonlyMap<string, readonly Row[]> {
  const many = (count: number, row: Row) => Array.from({ length: count }, () => row);
  const used = fact === 'connections-used-percent' ? number : 10;
  const server = {
    version: '18.0',
    database: 'main',
    standby: fact === 'database-is-primary' && number < 1,
    max: fact === 'max-connections' ? number : plenty,
    reserved: 3,
  };
  const seconds = fact === 'replication-lag-seconds' ? number : 0;
  const standby = { name: 'standby', state: 'streaming', sync: 'async', seconds, bytes: 1 };
  const standbys = fact === 'streaming-replicas' ? number : 1;
  return new Map([
    [serverNow.query.text, [server]],
    [
      connectionsNow.query.text,
      [{ state: 'idle', application: 'shop', count: Math.round((server.max * used) / 100) }],
    ],
    [standbysNow.query.text, many(standbys, standby)],
    [countersNow.query.text, [{ hits: 99, reads: 1, transactions: 1, at: 1, since: null }]],
    [indexBuilds.query.text, [{ count: 0 }]],
    [poolsNow.query.text, [{ users: 1, databases: 1, pairs: 1 }]],
  ]);
}
