// Reads of the cluster's objects what a pooler is there, and what a plan makes of it.

import type { Change } from '../change/change.ts';
import type { ClusterState, SeenObject } from '../change/compare.ts';
import { seenObjectOf } from '../change/compare-patch.ts';
import type { ObjectKind, ObjectRef } from '../change/kinds.ts';
import { valueAt } from '../change/pointer.ts';
import type { Texts } from '../sizing/planned-step.ts';
import { afterChange } from './after-change.ts';
import { poolerName } from './pooler-objects.ts';
import { isPoolerSetting } from './pooler-settings.ts';

/** Where the pooler of a database stands, or would. */
export interface PoolerPlace {
  readonly cluster: string;
  readonly namespace: string;
  /** CloudNativePG's own, or a set with a ConfigMap. */
  readonly kind: 'Pooler' | 'Deployment';
}

/** A pooler as its objects say it. */
export interface SeenPooler {
  readonly replicas: number;
  /** By PgBouncer's own names; absent where its configuration is not to be seen. */
  readonly settings?: Texts;
}

/** The objects that a pooler is made of. */
export function objectsOfPooler({ kind, cluster, namespace }: PoolerPlace): readonly ObjectRef[] {
  const kinds: readonly ObjectKind[] = kind === 'Pooler' ? [kind] : [kind, 'ConfigMap'];
  return kinds.map((each) => ({ cluster, namespace, kind: each, name: poolerName }));
}

/** Undefined where there is none. */
export function poolerIn(
  objects: readonly SeenObject[],
  { kind }: PoolerPlace,
): SeenPooler | undefined {
  const seen = seenObjectOf({ kind, name: poolerName }, { objects });
  if (seen === undefined) return undefined;
  const isOperated = kind === 'Pooler';
  const replicas = Number(
    valueAt(seen.value, isOperated ? '/spec/instances' : '/spec/replicas') ?? 1,
  );
  const settings = isOperated
    ? parametersOf(seen)
    : settingsIn(seenObjectOf({ kind: 'ConfigMap', name: poolerName }, { objects }));
  return { replicas, ...(settings && { settings }) };
}

/** What the changes leave of the objects; undefined where none of them is about the pooler. */
export function poolerAfter(
  objects: readonly SeenObject[],
  changes: readonly Change[],
  place: PoolerPlace,
): SeenPooler | undefined {
  const own = changes.filter((change) => isAboutPooler(change, place));
  if (own.length === 0) return undefined;
  const state: ClusterState = { workload: undefined, autoscaler: undefined, objects };
  const pooler = poolerIn(own.reduce(afterChange, state).objects, place);
  // A maximum that is raised is a number of poolers that somebody wants to be possible.
  const most = own.map((change) => (change.kind === 'autoscaler' ? change.after.maxReplicas : 0));
  return pooler && { ...pooler, replicas: Math.max(pooler.replicas, ...most) };
}

/** Whether it changes one of the objects that the pooler is made of, or how many of it there are. */
export function isAboutPooler(change: Change, place: PoolerPlace): boolean {
  if (change.kind === 'sql') return false;
  const { cluster, namespace, kind, name } =
    change.kind === 'scale' || change.kind === 'autoscaler' ? change.workload : change.object;
  return objectsOfPooler(place).some(
    (own) =>
      own.kind === kind &&
      own.name === name &&
      own.namespace === namespace &&
      own.cluster === cluster,
  );
}

function parametersOf({ value }: SeenObject): Texts | undefined {
  const pgbouncer = valueAt(value, '/spec/pgbouncer');
  if (pgbouncer === undefined) return undefined;
  const entries = Object.entries(valueAt(pgbouncer, '/parameters') ?? {});
  return Object.fromEntries(entries.map(([name, text]) => [name, String(text)]));
}

interface ConfigLine {
  readonly section: string;
  readonly name: string;
  readonly value: string;
}

/** What stands in it, without comments; an `%include` is a line without a value. */
function linesOf(text: string): readonly ConfigLine[] {
  const lines: ConfigLine[] = [];
  let section = '';
  for (const line of text.split('\n').map((each) => each.trim())) {
    if (line === '' || line.startsWith(';') || line.startsWith('#')) continue;
    const head = /^\[(.+)\]$/.exec(line)?.[1];
    if (head !== undefined) {
      section = head;
      continue;
    }
    const [name = '', ...value] = line.startsWith('%') ? [line] : line.split('=');
    lines.push({ section, name: name.trim(), value: value.join('=').trim() });
  }
  return lines;
}

function configText(config: SeenObject | undefined): string | undefined {
  const text = valueAt(config?.value, '/data/pgbouncer.ini');
  return typeof text === 'string' ? text : undefined;
}

/** What `[databases]` or `[users]` may say of single pools. */
const ofOnePool = /\b(pool_size|reserve_pool(_size)?|max_db_connections|max_user_connections)\s*=/;

/** Other files that it includes, and limits of single databases or users, are not followed: then nothing is known. */
function settingsIn(config: SeenObject | undefined): Texts | undefined {
  const text = configText(config);
  if (text === undefined) return undefined;
  const settings: Record<string, string> = {};
  for (const { section, name, value } of linesOf(text)) {
    if (name.startsWith('%')) return undefined;
    if (section === 'pgbouncer') settings[name] = value;
    else if (ofOnePool.test(value)) return undefined;
  }
  return settings;
}

/** Rendered by every plan, and by no profile. */
const rendered: readonly string[] = ['listen_addr', 'auth_file'];

/**
 * What a configuration says that no plan writes, such as another way to log in: it would be lost when a plan writes the
 * whole of it. Names alone, because values may be secrets.
 */
export function handMadeIn(config: SeenObject | undefined): readonly string[] {
  const found = linesOf(configText(config) ?? '').flatMap(({ section, name, value }) => {
    if (name.startsWith('%')) return [name.split(/\s/)[0] ?? name];
    switch (section) {
      case 'pgbouncer':
        return isPoolerSetting(name) || rendered.includes(name) ? [] : [name];
      case 'databases': {
        if (name !== '*') return [`database ${name}`];
        const keys = [...value.matchAll(/(\w+)\s*=/g)].map(([, key = '']) => key);
        return keys.filter((key) => key !== 'host' && key !== 'port').map((key) => `${key} of *`);
      }
      default:
        return [`[${section}]`];
    }
  });
  return [...new Set(found)];
}
