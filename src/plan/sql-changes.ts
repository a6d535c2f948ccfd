// Turns a step that SQL does into changes of a database, on its primary and where it must be on its standbys.

import type { Change, DatabaseRef, SqlChange } from '../change/change.ts';
import { drawDeed, isSqlStep } from '../database/draw-deed.ts';
import type { Drawn, ServerFacts } from '../database/drawing.ts';
import { parameters } from '../database/parameters.ts';
import type { Answers } from '../database/query.ts';
import {
  isDeedDecrease,
  neededFor,
  type SqlDeed,
  sqlDeedWords,
  statementsOf,
  undoOfDeed,
} from '../database/sql-deed.ts';
import type { PlannedStep } from '../sizing/planned-step.ts';
import type { DatabaseStep } from './place-of-deed.ts';
import { poolerObjects } from './pooler-objects.ts';
import type { HumanGate } from './step.ts';
import { anyWorkload, type System } from './system.ts';

/** What a server answered for one step. */
export interface ServerLook {
  readonly facts: ServerFacts;
  readonly answers: Answers;
}

/** What a database answered for one step. */
export interface DatabaseLook {
  readonly primary: ServerLook;
  /** By their names in headroom.yaml; only those that the step is about as well. */
  readonly standbys: ReadonlyMap<string, ServerLook>;
}

/** What somebody else has to do of a step. */
export type PersonsPart = Pick<HumanGate, 'what' | 'who' | 'say' | 'look'>;

interface SqlChanges {
  readonly kind: 'made';
  readonly changes: readonly Change[];
  readonly notes: readonly string[];
  readonly person?: PersonsPart;
}

/** `look` is undefined where headroom.yaml names no connection, or no SQL does such a step. */
export function sqlChanges(
  step: DatabaseStep,
  look: DatabaseLook | undefined,
  {
    planned,
    system,
    restarts,
  }: {
    readonly planned: PlannedStep;
    readonly system: System;
    /** What the plan restarts itself, later on. */
    readonly restarts: readonly string[];
  },
): SqlChanges | { readonly kind: 'refused'; readonly because: string } {
  if (!isSqlStep(step)) return byPerson(planned.what, planned, whyNoPooler(step, system));
  if (look === undefined) {
    return byPerson(
      planned.what,
      planned,
      `headroom.yaml names no connection for database ${step.database}`,
    );
  }
  const { primary, standbys } = look;
  const facts = { ...primary.facts, namedStandbys: standbys.size };
  const drawn = drawDeed(step, primary.answers, facts);
  if (drawn.kind === 'refused') return drawn;
  if (drawn.kind === 'person') return byPerson(drawn.what, planned, drawn.because);
  const place = system.databases.get(step.database);
  const missing = drawn.deeds
    .map(neededFor)
    .find((needed) => place?.allow.includes(needed) !== true);
  if (missing !== undefined) {
    const at = `systems.${system.id}.databases.${step.database}.allow`;
    const because = `${missing} is not among ${at} of headroom.yaml${statementsByHand(drawn.deeds)}`;
    return byPerson(planned.what, planned, because);
  }
  const beside = new Map<string, readonly SqlDeed[]>();
  for (const [name, standby] of standbys) {
    const because = whyNoStandby(standby.facts, primary.facts);
    if (because !== undefined) return { kind: 'refused', because: `standby ${name}: ${because}` };
    const there = drawDeed(step, standby.answers, { ...standby.facts, isStandby: false });
    if (there.kind === 'refused') return { ...there, because: `standby ${name}: ${there.because}` };
    if (there.kind === 'deeds') beside.set(name, there.deeds);
  }
  const isOwn = restarts.includes(step.database);
  const less = drawn.deeds.find(isLess);
  if (isOwn && less !== undefined && look.standbys.size > 0) {
    return {
      kind: 'refused',
      because: `${sqlDeedWords(less)}: for less the primary must be restarted before its standbys, and a StatefulSet restarts it last; have somebody do this by hand`,
    };
  }
  const isRestart = drawn.deeds.some(needsRestart) && !isOwn;
  return {
    kind: 'made',
    changes: inOrder(step, drawn, beside, { look, system }),
    notes: drawn.notes,
    ...(isRestart && { person: restartOf(step.database, system) }),
    ...(drawn.person && {
      person: personsPart(drawn.person.what, planned, drawn.person.because),
    }),
  };
}

/** What headroom.yaml would have to say for Headroom to set a pooler up itself. */
function whyNoPooler(step: DatabaseStep, { databases }: System): string | undefined {
  if (step.deed !== 'pooler') return undefined;
  const objects = poolerObjects(step, databases.get(step.database) ?? {});
  return 'because' in objects ? objects.because : undefined;
}

function whyNoStandby(standby: ServerFacts, primary: ServerFacts): string | undefined {
  if (standby.server !== primary.server) {
    return 'its address in headroom.yaml leads to a server that is no copy of the primary';
  }
  return standby.isStandby
    ? undefined
    : 'its address in headroom.yaml leads to a primary, which has its settings already';
}

/** A card has room for so much of what somebody may run in place of Headroom. */
const byHandCharacters = 900;

/** What Headroom would send; of what drops rows for good nobody gets a command to copy. */
function statementsByHand(deeds: readonly SqlDeed[]): string {
  if (deeds.some((deed) => undoOfDeed(deed).kind === 'none')) return '';
  const all = deeds.flatMap(statementsOf).map((statement) => statement.replace(/\s+/g, ' '));
  let room = byHandCharacters;
  const shown = all.filter((statement) => {
    room -= statement.length;
    return room >= 0;
  });
  const more = all.length - shown.length;
  const list = [...shown, ...(more === 0 ? [] : [`and ${more} more`])].join('; ');
  return shown.length === 0 ? '' : `; as it is now that would be: ${list}`;
}

function byPerson(
  what: string,
  planned: Pick<PlannedStep, 'who' | 'say'>,
  because?: string,
): SqlChanges {
  return { kind: 'made', changes: [], notes: [], person: personsPart(what, planned, because) };
}

function personsPart(
  what: string,
  { who = 'somebody for databases', say }: Pick<PlannedStep, 'who' | 'say'>,
  because?: string,
): PersonsPart {
  const said = [say, because].filter((each) => each !== undefined).join(' ');
  return { what, who, ...(said !== '' && { say: said }) };
}

/** A restart is never a part of another plan: it has its own, with its own approvers and its window. */
function restartOf(database: string, system: System): PersonsPart {
  return {
    what: `Restart the servers of database ${database}, in a plan of its own: /scale restart ${system.id} ${database}`,
    who: 'somebody for databases',
    say: 'Until then these settings are written and not in effect.',
  };
}

function needsRestart(deed: SqlDeed): boolean {
  return deed.deed === 'setting' && deed.restart === true;
}

/**
 * A standby stops where its primary allows more of five things than itself, so it gets more before the primary, and less
 * after it; the order in which they are restarted is the same.
 */
function inOrder(
  { database: name }: DatabaseStep,
  { deeds }: Extract<Drawn, { kind: 'deeds' }>,
  beside: ReadonlyMap<string, readonly SqlDeed[]>,
  { look, system }: { readonly look: DatabaseLook; readonly system: System },
): readonly SqlChange[] {
  const workload = anyWorkload(system);
  const at = (deed: SqlDeed, standby?: string): SqlChange => {
    const database: DatabaseRef = {
      system: system.id,
      name,
      server: look.primary.facts.server,
      ...(standby !== undefined && { standby }),
    };
    return { kind: 'sql', workload, database, deed, floor: false, undo: undoOfDeed(deed).kind };
  };
  const onStandbys = [...beside].flatMap(([standby, own]) => own.map((deed) => at(deed, standby)));
  return [
    ...onStandbys.filter(({ deed }) => isMoreFirst(deed)),
    ...deeds.map((deed) => at(deed)),
    ...onStandbys.filter(({ deed }) => !isMoreFirst(deed)),
  ];
}

function isMoreFirst(deed: SqlDeed): boolean {
  return isOfBoth(deed) && !isDeedDecrease(deed);
}

function isLess(deed: SqlDeed): boolean {
  return isOfBoth(deed) && isDeedDecrease(deed);
}

/** A setting of which a standby needs as much as its primary. */
function isOfBoth(deed: SqlDeed): boolean {
  return deed.deed === 'setting' && parameters[deed.name].standbyFirst === true;
}
