// Compares a recorded answer with the sandbox's one, leaving out what differs between any two runs of a real server.

import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { isList, isObject, show, sortedText, text } from '../../../sandbox/cluster/json.ts';

/** One place where the answers differ. */
export interface Difference {
  readonly path: string;
  readonly recorded: Json | undefined;
  readonly answered: Json | undefined;
}

/** How to compare one step. */
export interface Manner {
  /** The recorded object was shortened: more in the answer is fine. */
  readonly cut: boolean;
  /** The status was left out of the recorded writes. */
  readonly withoutStatus: boolean;
  /** Paths that are not compared, with `*` for any one part. */
  readonly ignored: readonly string[];
}

const times = new Set([
  'creationTimestamp',
  'deletionTimestamp',
  'lastUpdateTime',
  'lastTransitionTime',
  'lastPhaseTransitionTime',
  'lastProbeTime',
  'completionTime',
  'lastScaleTime',
  'firstTimestamp',
  'lastTimestamp',
  'eventTime',
  'startTime',
  'startedAt',
  'finishedAt',
  'time',
  'timestamp',
  'expirationTimestamp',
]);
/** Values that are another in every run; they only have to be there. */
const varying = new Set([
  'uid',
  'resourceVersion',
  'continue',
  'nodeName',
  'hostIP',
  'podIP',
  'ip',
  'containerID',
  'imageID',
  'host',
  'reportingInstance',
  'serverAddress',
  'pod-template-hash',
  'controller-revision-hash',
  'controller-uid',
  'batch.kubernetes.io/controller-uid',
  'topology.kubernetes.io/zone',
  'token',
  'authentication.kubernetes.io/credential-id',
]);

const hash = '[bcdfghjklmnpqrstvwxz2456789]';
const podName = new RegExp(`-${hash}{7,10}-[a-z0-9]{5}\\b`, 'g');
const setName = new RegExp(`-${hash}{7,10}\\b`, 'g');

/** A text without generated names, long objects and the Go decoder's own words. */
export function normaliseText(value: string): string {
  return value
    .replaceAll(/Invalid value: "(\{.*\}|<object>)": /gs, 'Invalid value: "<object>": ')
    .replace(/json: .*$/s, 'json: …')
    .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-…')
    .replaceAll(/\.[0-9a-f]{13,17}\b/g, '.EVENT')
    .replaceAll(/fake-node-\d|sandbox-node-\d/g, 'NODE')
    .replaceAll(/UID in object meta: [-0-9a-f]{36}/g, 'UID in object meta: …')
    .replaceAll(/UID in record \([-0-9a-f]{36}\)/g, 'UID in record (…)')
    .replaceAll(/ResourceVersion in record \(\d+\)/g, 'ResourceVersion in record (…)')
    .replaceAll(
      /ResourceVersion in the precondition \(\d+\)/g,
      'ResourceVersion in the precondition (…)',
    )
    .replaceAll(/too old resource version: (\d+) \(\d+\)/g, 'too old resource version: $1 (…)')
    .replaceAll(/current: \d+/g, 'current: …')
    .replaceAll(/cannot parse.*|parsing time .*/gs, 'parsing time …')
    .replaceAll(podName, '-HASH-POD')
    .replaceAll(setName, '-HASH');
}

function normaliseItem(value: Json, key: string): Json {
  if (isList(value)) return normaliseList(value, key);
  if (isObject(value)) {
    const generated = value['generateName'] !== undefined;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [
        name,
        generated && name === 'name' ? generatedName(item) : normaliseItem(item, name),
      ]),
    );
  }
  if (times.has(key)) return value === null ? null : 'TIME';
  if (varying.has(key)) return `ANY ${key}`;
  return typeof value === 'string' ? normaliseText(value) : value;
}

/** Names of pods keep their form; other generated names have none. */
function generatedName(name: Json): string {
  const normal = normaliseText(show(name));
  return /HASH|-\d+$/.test(normal) ? normal : 'GENERATED';
}

/** The recorded server was built from a distribution that adds a source to pods and a rule for everybody. */
function isOfTheDistribution(item: Json, key: string): boolean {
  if (key === 'sources') return text(item, 'configMap', 'name') === 'openshift-service-ca.crt';
  return key === 'nonResourceRules' && text(item, 'nonResourceURLs', 0) === '/.well-known';
}

function normaliseList(items: readonly Json[], key: string): Json[] {
  const kept = items.filter((item) => !isOfTheDistribution(item, key));
  const normal = kept.map((item) => normaliseItem(item, key));
  const unordered =
    key === 'conditions' ||
    key === 'nonResourceRules' ||
    key === 'managedFields' ||
    normal.some((item) => /GENERATED|HASH|EVENT/.test(text(item, 'metadata', 'name')));
  return unordered ? normal.toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) : normal;
}

function orderOf(item: Json): string {
  const type = text(item, 'type');
  if (type !== '') return type;
  const { status: _status, ...rest } = isObject(item) ? item : {};
  return text(item, 'manager') === '' ? sortedText(rest) : managerOf(item);
}

const managerOf = (item: Json) =>
  `${text(item, 'manager')} ${text(item, 'operation')} ${text(item, 'subresource')}`;

/** An answer in the form in which two runs can be compared. */
export const normalise = (value: Json): Json => normaliseItem(value, '');

function isIgnored(path: readonly string[], manner: Manner): boolean {
  const written = path.join('/');
  return manner.ignored.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.[\]()]/g, String.raw`\$&`));
    return new RegExp(`^${parts.join('[^/]+')}(/|$)`).test(written);
  });
}

function extraIsFine(path: readonly string[], manner: Manner): boolean {
  const last = path.at(-1);
  if (last === 'managedFields' || manner.cut) return true;
  return manner.withoutStatus && last === 'status' && path.length <= 3;
}

function walk(
  recorded: Json | undefined,
  answered: Json | undefined,
  path: readonly string[],
  manner: Manner,
  found: Difference[],
): void {
  if (isIgnored(path, manner)) return;
  if (isObject(recorded) && isObject(answered)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(answered)])) {
      const here = [...path, key];
      if (recorded[key] === undefined && extraIsFine(here, manner)) continue;
      walk(recorded[key], answered[key], here, manner, found);
    }
    return;
  }
  if (isList(recorded) && isList(answered)) {
    if (manner.cut && recorded.length < answered.length) {
      matchSome(recorded, answered, path, manner, found);
      return;
    }
    const length = Math.max(recorded.length, answered.length);
    for (let index = 0; index < length; index += 1) {
      walk(recorded[index], answered[index], [...path, String(index)], manner, found);
    }
    return;
  }
  if (recorded !== answered) found.push({ path: path.join('/'), recorded, answered });
}

function matchSome(
  recorded: readonly Json[],
  answered: readonly Json[],
  path: readonly string[],
  manner: Manner,
  found: Difference[],
): void {
  recorded.forEach((item, index) => {
    const twin = answered.some((other) => {
      const unlike: Difference[] = [];
      walk(item, other, [...path, String(index)], manner, unlike);
      return unlike.length === 0;
    });
    if (!twin) {
      walk(item, answered[index], [...path, String(index)], manner, found);
    }
  });
}

/** Where a recorded answer and the sandbox's answer differ; empty when they agree. */
export function differences(recorded: Json, answered: Json, manner: Manner): Difference[] {
  // Some answers that repeat an earlier one were left out.
  if (typeof recorded === 'string' && /^\(.* cut\)$/.test(recorded)) return [];
  const found: Difference[] = [];
  walk(normalise(recorded), normalise(answered), [], manner, found);
  return found;
}

/** Differences as lines for a failed test. */
export const describeDifferences = (found: readonly Difference[]): string =>
  found
    .slice(0, 12)
    .map(
      ({ path, recorded, answered }) =>
        `  ${path}: recorded ${JSON.stringify(recorded)}, answered ${JSON.stringify(answered)}`,
    )
    .join('\n');

/** Pairs of recorded and answered identifiers, for later requests that name them. */
export function learn(recorded: Json, answered: Json, known: Map<string, string>): void {
  if (isList(recorded) && isList(answered)) {
    if (recorded.length !== answered.length) return;
    recorded.forEach((item, index) => {
      const twin = answered[index];
      if (twin !== undefined) learn(item, twin, known);
    });
    return;
  }
  if (!isObject(recorded) || !isObject(answered)) return;
  for (const [key, item] of Object.entries(recorded)) {
    const twin = answered[key];
    if (twin === undefined) continue;
    const identifier = key === 'uid' || key === 'resourceVersion' || key === 'continue';
    if (identifier && typeof item === 'string' && typeof twin === 'string') known.set(item, twin);
    else learn(item, twin, known);
  }
}

/** A body with recorded identifiers replaced by those of this run. */
export function translate(value: Json, known: ReadonlyMap<string, string>): Json {
  if (isList(value)) {
    return value.map((item) => translatePatch(item, known));
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]): [string, Json] => {
      const named = key === 'uid' || key === 'resourceVersion';
      if (named && typeof item === 'string') return [key, known.get(item) ?? item];
      return [key, translate(item, known)];
    }),
  );
}

function translatePatch(item: Json, known: ReadonlyMap<string, string>): Json {
  const about = text(item, 'path');
  const value = isObject(item) ? item['value'] : undefined;
  if (isObject(item) && /uid|resourceVersion/.test(about) && typeof value === 'string') {
    const translated: JsonObject = { ...item, value: known.get(value) ?? value };
    return translated;
  }
  return translate(item, known);
}
