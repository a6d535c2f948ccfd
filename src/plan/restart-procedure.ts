// The restart of a database as a procedure of its own: by its StatefulSet where headroom.yaml names it, else by a person.

import type { PlannedLook, PlannedStep, Texts, Unnumbered } from '../sizing/planned-step.ts';
import type { ProcedurePlan } from '../sizing/procedure.ts';
import { changeWords, lookWords } from '../sizing/step-words.ts';
import type { DatabasePlace, DatabaseRestart, System } from './system.ts';

const source = 'docs/databases.md, Restarts';

/** A server with a large buffer writes it out first; its pod then starts anew and recovers. */
const rolloutSeconds = 30 * 60;
const primarySeconds = 10 * 60;
/** An index of a large table takes hours; whoever restarts is there in the window, and who waits longer is told. */
const buildsSeconds = 30 * 60;

/** What restarts the servers of a database, and what must be seen after it. */
export function restartProcedure(
  {
    database,
    settings,
    restart,
  }: {
    readonly database: string;
    /** Written before it. */
    readonly settings: Texts;
    readonly restart: DatabaseRestart;
  },
  system: System,
): ProcedurePlan {
  const place = system.databases.get(database);
  const isKept = place?.platform === 'patroni' || place?.platform === 'managed';
  // Whoever keeps the servers decides which of them is restarted when.
  const statefulSet = isKept ? undefined : restart.statefulSet;
  const [first] = system.workloads.values();
  const title = `Restart database ${database}`;
  const namespace = place?.namespace ?? first?.namespace ?? '';
  const hasSettings = Object.keys(settings).length > 0;
  const restarting: Unnumbered =
    statefulSet === undefined
      ? {
          kind: 'human',
          what: byHand(database, place),
          who: 'somebody for databases',
          notes: [],
          source,
        }
      : {
          kind: 'restart',
          what: `${title}: StatefulSet ${statefulSet}, one server after the other, the last one first`,
          change: {
            kind: 'restart',
            target: {
              component: database,
              kind: 'StatefulSet',
              namespace,
              name: statefulSet,
              container: '',
            },
          },
          gate: {
            component: database,
            workload: statefulSet,
            rollout: true,
            withinSeconds: rolloutSeconds,
          },
          notes: [],
          source,
        };
  const looks: readonly Unnumbered[] = [
    seen({ fact: 'database-is-primary', database, atLeast: 1, withinSeconds: primarySeconds }),
    {
      ...seen({
        fact: 'settings-pending-restart',
        database,
        atMost: 0,
        withinSeconds: primarySeconds,
      }),
      ...(place?.connection && { say: whoIsAsked([...place.standbys.keys()]) }),
    },
  ];
  // An operator restarts the servers by itself for what it has written.
  const isByOperator = place?.operated !== undefined && hasSettings;
  const isLookedAt =
    statefulSet !== undefined && place?.connection !== undefined && place.operated === undefined;
  const steps = [
    ...(place?.connection === undefined ? [] : [noBuild(database)]),
    ...(hasSettings ? [settingStep(database, settings)] : []),
    ...(!hasSettings && isLookedAt ? [waitingStep(database)] : []),
    ...(isByOperator ? [] : [restarting]),
    ...looks,
  ].map((step, index): PlannedStep => ({ ...step, number: index + 1 }));
  return {
    kind: 'planned',
    procedure: {
      id: 'restart',
      title,
      source,
      emergency: false,
      inputs: new Map(),
      needs: [],
      steps: [],
    },
    inputs: {},
    notes: ['Connections to a server end when it restarts; applications have to connect again.'],
    steps,
    leftOut: [],
  };
}

/** Whoever is not named in headroom.yaml cannot be seen. */
function whoIsAsked(standbys: readonly string[]): string {
  return standbys.length === 0
    ? 'Only the primary is asked: headroom.yaml names no standby. Where there are any, look at theirs yourself.'
    : `The primary is asked, and its ${standbys.length === 1 ? 'standby' : 'standbys'} ${standbys.join(', ')}.`;
}

/** Others may have written what the server does not come back with: it is looked at before people see the plan. */
function waitingStep(database: string): Unnumbered {
  return {
    ...settingStep(database, {}),
    what: 'Look at what the restart brings into effect',
  };
}

function settingStep(database: string, settings: Texts): Unnumbered {
  const change = {
    kind: 'database',
    database,
    deed: 'settings',
    settings,
    restart: false,
  } as const;
  return { kind: 'database', what: changeWords(change), change, notes: [], source };
}

function seen(check: PlannedLook): Unnumbered {
  return { kind: 'check', what: lookWords(check), check, otherwise: 'stop', notes: [], source };
}

/** A restart cuts off who builds an index on the server, another plan as well as a person; hours of work are lost. */
function noBuild(database: string): Unnumbered {
  const look = { fact: 'index-builds', database, atMost: 0, withinSeconds: buildsSeconds } as const;
  return { ...seen(look), say: 'A restart would cut off whoever builds an index on this server.' };
}

function byHand(database: string, place: DatabasePlace | undefined): string {
  const what = `Restart the servers of database ${database}`;
  if (place?.operated !== undefined) return `${what}: kubectl cnpg restart ${place.operated}`;
  if (place?.platform === 'patroni') return `${what}: patronictl restart, with --pending`;
  if (place?.platform === 'managed') return `${what} at its provider`;
  return `${what}, its standbys before the primary, or after it where less of what both need waits`;
}
