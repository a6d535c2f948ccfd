// Finds a procedure that tells an application of read replicas before they were seen to stream, near their primary: it would read what is old, or nothing.
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import type { Look } from './schema/step-parts.ts';
import type { StepFile } from './schema/steps.ts';

/** What must be seen, and the step that looks for it, as people write it. */
const wanted = {
  'streaming-replicas':
    'check: { fact: streaming-replicas, database: main, atLeast: 1, within: 4h }',
  'replication-lag-seconds':
    'check: { fact: replication-lag-seconds, database: main, atMost: 10, within: 1h }',
} as const;

type WantedFact = keyof typeof wanted;
const wantedFacts = Object.keys(wanted) as readonly WantedFact[];

/** Replicas that a step makes, asks a person for, or names to an application. */
interface Replicas {
  readonly database?: string;
  /** The conditions under which there is anything to be seen. */
  readonly when: string | undefined;
}

interface Seen {
  readonly fact: WantedFact;
  readonly database: string | undefined;
  readonly when: string | undefined;
}

/** All mistakes of one procedure; `at` is where its steps stand. */
export function replicaMistakes(
  steps: readonly StepFile[],
  { components }: Pick<ProfileFile, 'components'>,
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  // Of each that was made: what was seen since.
  const made: { readonly replicas: Replicas; readonly seen: Seen[] }[] = [];
  const all: Seen[] = [];
  for (const [index, step] of steps.entries()) {
    const kind = tellingKind(step);
    if (kind !== undefined) {
      const when = whenOf(step);
      const named: typeof made = namesReplicas(step) ? [{ replicas: { when }, seen: all }] : [];
      const lacking = new Set(
        [...made, ...named].flatMap(({ replicas, seen }) => lackingOf(replicas, seen, when)),
      );
      if (lacking.size > 0) {
        const inOrder = wantedFacts.filter((fact) => lacking.has(fact));
        mistakes.push(places.atKey([...at, index, kind], wordsFor(inOrder)));
      }
    }
    const replicas = madeBy(step, components);
    if (replicas !== undefined) made.push({ replicas, seen: [] });
    const looks = looksOf(step);
    all.push(...looks);
    for (const each of made) each.seen.push(...looks);
  }
  return mistakes;
}

function wordsFor(lacking: readonly WantedFact[]): string {
  const steps = lacking.map((fact) => `- ${wanted[fact]}`).join(' and ');
  const what = lacking.includes('streaming-replicas')
    ? 'to stream and to be near their primary'
    : 'to be near their primary';
  return `the application is told of read replicas here before they were seen ${what}: add before this step ${steps}`;
}

/**
 * A look that is left out where the replicas are made and told of is none; nor is one for the lag before the new ones
 * stream, because it sees only those that were there.
 */
function lackingOf(
  replicas: Replicas,
  seen: readonly Seen[],
  toldWhen: string | undefined,
): readonly WantedFact[] {
  const facts = seen
    .filter(
      ({ database, when }) =>
        (replicas.database === undefined || database === replicas.database) &&
        (when === undefined || when === replicas.when || when === toldWhen),
    )
    .map(({ fact }) => fact);
  const streams = facts.indexOf('streaming-replicas');
  if (streams < 0) return wantedFacts;
  return facts.lastIndexOf('replication-lag-seconds') < streams ? ['replication-lag-seconds'] : [];
}

/** Kinds of objects from which the pods of an application learn where to read. */
const readByPods: readonly string[] = [
  'ConfigMap',
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Secret',
  'Service',
  'StatefulSet',
];

function tellingKind({ config, env, apply }: StepFile): 'config' | 'env' | 'apply' | undefined {
  if (config !== undefined) return 'config';
  if (env !== undefined) return 'env';
  return apply !== undefined && readByPods.includes(apply.kind) ? 'apply' : undefined;
}

/** `DB_READ_REPLICAS`, `READ_REPLICA_URL`, `REPLICA_HOST`; MAX_REPLICAS is about something else. */
const nameOfReplicas = /READ_?REPLICA|REPLICA_?(URL|HOST|DSN|ADDRESS)/i;
/** With these it is told that there is none. */
const off: readonly string[] = ['', '0', 'false', 'off', 'none'];

/** Also where somebody else has made them, before the plan or in words alone. */
function namesReplicas({ config, env }: StepFile): boolean {
  const set = { ...config?.set, ...env?.set };
  return Object.entries(set).some(([name, value]) => {
    if (!nameOfReplicas.test(name)) return false;
    if (typeof value !== 'object') return !off.includes(String(value));
    return !('text' in value) || !off.includes(value.text.trim().toLowerCase());
  });
}

function madeBy(step: StepFile, components: ProfileFile['components']): Replicas | undefined {
  const { database, apply, scale, human } = step;
  const when = whenOf(step);
  if (database?.replicas !== undefined && database.replicas !== 0) {
    return { database: database.name, when };
  }
  if (apply?.kind === 'Cluster' && hasInstances(apply.fields)) return { when };
  if (scale !== undefined && components[scale.component]?.replicaAware === true) return { when };
  const isAskedFor =
    typeof human === 'object' && 'do' in human && human.check?.fact === 'streaming-replicas';
  return isAskedFor ? { when } : undefined;
}

/** A cluster of CloudNativePG with one instance has its primary alone. */
function hasInstances({ spec }: NonNullable<StepFile['apply']>['fields']): boolean {
  if (spec === null || typeof spec !== 'object' || !('instances' in spec)) return false;
  return spec.instances !== 1;
}

/** What the plan does not go on without; a look with a bound that warns only is none. */
function looksOf(step: StepFile): readonly Seen[] {
  const { check, human, wait } = step;
  const looks: readonly (Look | undefined)[] = [
    check?.otherwise === 'warn' ? undefined : check,
    typeof human === 'object' && 'do' in human ? human.check : undefined,
    typeof wait === 'object' ? wait.watch : undefined,
    gateOf(step),
  ];
  const when = whenOf(step);
  return looks.flatMap((look) => {
    const fact = wantedFacts.find((each) => each === look?.fact);
    if (look === undefined || fact === undefined) return [];
    const isBound =
      fact === 'streaming-replicas'
        ? look.atLeast !== undefined || look.above !== undefined
        : look.atMost !== undefined || look.below !== undefined;
    return isBound ? [{ fact, database: look.database, when }] : [];
  });
}

/** What a step that changes something looks at afterwards. */
export function gateOf(step: StepFile): Look | undefined {
  for (const details of Object.values(step)) {
    if (typeof details === 'object' && 'gate' in details) return details.gate;
  }
  return undefined;
}

function whenOf(step: StepFile): string | undefined {
  for (const details of Object.values(step)) {
    if (typeof details === 'object' && 'when' in details) return details.when?.source;
  }
  return undefined;
}
