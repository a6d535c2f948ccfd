// Finds what the form of headroom.yaml cannot show: names that lead nowhere, rules that can never hold, one workload in two systems.
import type { Profile } from '../profile/profile.ts';
import { planProcedure } from '../sizing/procedure.ts';
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import type { HeadroomFile } from './headroom-schema.ts';

type Profiles = ReadonlyMap<string, Profile>;

/** All mistakes across keys of a headroom.yaml the schema accepts. */
export function checkHeadroom(
  file: HeadroomFile,
  profiles: Profiles,
  places: Places,
): readonly Mistake[] {
  const none = Object.keys(file.systems).length === 0;
  return [
    ...(none ? [places.at(['systems'], 'there is no system to look after')] : []),
    ...Object.entries(file.systems).flatMap(([id, system]) => [
      ...unknownName(
        'cluster',
        system.cluster,
        Object.keys(file.clusters),
        ['systems', id, 'cluster'],
        places,
      ),
      ...(system.profile === undefined
        ? checkWithoutProfile(id, system, places)
        : [
            ...unknownName(
              'profile',
              system.profile,
              profiles.keys(),
              ['systems', id, 'profile'],
              places,
            ),
            ...checkWorkloads(id, system.profile, system, profiles, places),
            ...checkSchedules(id, system.profile, system, profiles, places),
          ]),
    ]),
    ...checkRates(file, places),
    ...checkRoutes(file, places),
    ...checkSharedWorkloads(file, profiles, places),
    ...checkRules(file, places),
    ...checkFreezes(file, places),
  ];
}

/** A freeze that could never be in force, or for nothing, is a slip that nobody would notice in time. */
function checkFreezes(file: HeadroomFile, places: Places): readonly Mistake[] {
  const known = Object.keys(file.systems);
  return Object.entries(file.freezes).flatMap(([name, { systems, from, until, window }]) => {
    const at = ['freezes', name];
    const isOnce = from !== undefined && until !== undefined && window === undefined;
    const isAgain = from === undefined && until === undefined && window !== undefined;
    return [
      ...systems.flatMap((system, index) =>
        unknownName('system', system, known, [...at, 'systems', index], places),
      ),
      ...(isOnce || isAgain
        ? []
        : [places.atKey(at, 'a freeze has from and until, or a window in which it comes again')]),
      ...(isOnce && from.replace(' ', 'T') >= until.replace(' ', 'T')
        ? [places.at([...at, 'until'], `${until} is not after from ${from}`)]
        : []),
    ];
  });
}

/** Every name of rates that a system or one of its workloads uses. */
function checkRates(file: HeadroomFile, places: Places): readonly Mistake[] {
  const known = Object.keys(file.rates);
  return Object.entries(file.systems).flatMap(([id, { rates, workloads }]) => {
    const at = ['systems', id];
    const used: readonly (readonly [string | undefined, YamlPath])[] = [
      [rates, [...at, 'rates']],
      ...Object.entries(workloads).map(
        ([component, own]) => [own.rates, [...at, 'workloads', component, 'rates']] as const,
      ),
    ];
    return used.flatMap(([name, path]) =>
      name === undefined ? [] : unknownName('entry in rates', name, known, path, places),
    );
  });
}

function unknownName(
  what: string,
  name: string,
  known: Iterable<string>,
  path: YamlPath,
  places: Places,
): readonly Mistake[] {
  const names = [...known];
  return names.includes(name)
    ? []
    : [places.at(path, `there is no ${what} "${name}"${suggestion(name, names)}`)];
}

type SystemFile = HeadroomFile['systems'][string];

/** Without a profile the namespace is all that says what belongs to a system. */
function checkWithoutProfile(
  id: string,
  { namespace, workloads, routes }: SystemFile,
  places: Places,
): readonly Mistake[] {
  const at = ['systems', id];
  if (namespace === undefined) {
    return [places.atKey(at, 'a system without a profile needs a namespace')];
  }
  const [component] = Object.keys(workloads);
  return [
    ...(component === undefined
      ? []
      : [
          places.atKey(
            [...at, 'workloads', component],
            'workloads renames the components of a profile, and this system has none',
          ),
        ]),
    ...routes.flatMap((route, index) =>
      route.namespace === namespace
        ? []
        : [
            places.at(
              [...at, 'routes', index, 'namespace'],
              `a system without a profile looks after its own namespace ${namespace} only`,
            ),
          ],
    ),
  ];
}

function checkWorkloads(
  id: string,
  profile: string,
  system: SystemFile,
  profiles: Profiles,
  places: Places,
): readonly Mistake[] {
  const components = profiles.get(profile)?.components;
  if (components === undefined) return [];
  return Object.keys(system.workloads)
    .filter((component) => !components.has(component))
    .map((component) =>
      places.atKey(
        ['systems', id, 'workloads', component],
        `profile "${profile}" has no component "${component}"${suggestion(component, components.keys())}`,
      ),
    );
}

/** A schedule that could never be drawn is found at start, not at ten in the evening. */
function checkSchedules(
  id: string,
  profileId: string,
  { schedules }: SystemFile,
  profiles: Profiles,
  places: Places,
): readonly Mistake[] {
  const profile = profiles.get(profileId);
  if (profile === undefined) return [];
  return Object.entries(schedules).flatMap(([name, { procedure: wanted, inputs }]) => {
    const at = ['systems', id, 'schedules', name];
    const procedure = profile.procedures.get(wanted);
    if (procedure === undefined) {
      const known = profile.procedures.keys();
      return unknownName('procedure', wanted, known, [...at, 'procedure'], places);
    }
    const given = new Map(Object.entries(inputs).map(([key, value]) => [key, String(value)]));
    const planned = planProcedure({ profile, procedure, given });
    return planned.kind === 'misuse'
      ? planned.mistakes.map((mistake) => places.at(at, mistake))
      : [];
  });
}

/** An alert must lead to one system only. */
function checkRoutes(file: HeadroomFile, places: Places): readonly Mistake[] {
  const owners = new Map<string, string>();
  return Object.entries(file.systems).flatMap(([id, { routes }]) =>
    routes.flatMap(({ alertname, namespace }, index) => {
      const key = `${alertname} ${namespace}`;
      const owner = owners.get(key);
      owners.set(key, owner ?? id);
      if (owner === undefined) return [];
      const message = `alert ${alertname} of namespace ${namespace} is already routed to system "${owner}"`;
      return [places.at(['systems', id, 'routes', index], message)];
    }),
  );
}

/** One workload under two systems could be changed under the laxer of two rules. */
function checkSharedWorkloads(
  file: HeadroomFile,
  profiles: Profiles,
  places: Places,
): readonly Mistake[] {
  const owners = new Map<string, string>();
  const mistakes: Mistake[] = [];
  for (const [id, system] of Object.entries(file.systems)) {
    const { profile } = system;
    if (profile === undefined) {
      const key = `${system.cluster}/${system.namespace}`;
      const owner = owners.get(key);
      owners.set(key, owner ?? id);
      const message = `system "${owner}" looks after the same namespace without a profile: ${key}`;
      if (owner !== undefined) mistakes.push(places.atKey(['systems', id], message));
      continue;
    }
    for (const [component, { workload }] of profiles.get(profile)?.components ?? []) {
      const own = Object.hasOwn(system.workloads, component)
        ? system.workloads[component]
        : undefined;
      const namespace = own?.namespace ?? system.namespace ?? workload.namespace;
      const name = own?.name ?? workload.name;
      const key = `${system.cluster}/${namespace}/${workload.kind}/${name}`;
      const owner = owners.get(key);
      owners.set(key, owner ?? `${id}/${component}`);
      if (owner === undefined) continue;
      mistakes.push(
        places.atKey(['systems', id], `${component} is the same workload as ${owner}: ${key}`),
      );
    }
  }
  return mistakes;
}

function checkRules(file: HeadroomFile, places: Places): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const governed = new Map<string, string>();
  const names = new Set<string>();
  for (const [index, rule] of (file.policy?.rules ?? []).entries()) {
    const at = ['policy', 'rules', index];
    if (names.has(rule.name))
      mistakes.push(places.at([...at, 'name'], `there is another rule "${rule.name}"`));
    names.add(rule.name);
    mistakes.push(...checkNumbers(rule, at, places));
    for (const system of new Set(rule.systems)) {
      const path = [...at, 'systems', rule.systems.indexOf(system)];
      if (system !== '*') {
        mistakes.push(...unknownName('system', system, Object.keys(file.systems), path, places));
      }
      const earlier = governed.get(system) ?? governed.get('*');
      if (earlier !== undefined && earlier !== rule.name) {
        const what = system === '*' ? 'every other system' : `system "${system}"`;
        mistakes.push(
          places.at(
            path,
            `${what} is already governed by rule "${earlier}"; the first rule counts`,
          ),
        );
      }
    }
    for (const system of rule.systems) governed.set(system, governed.get(system) ?? rule.name);
  }
  return mistakes;
}

type Rule = NonNullable<HeadroomFile['policy']>['rules'][number];

/** A rule that asks for more people than it lists can never be satisfied. */
function checkNumbers(rule: Rule, at: YamlPath, places: Places): readonly Mistake[] {
  const people = new Set(rule.approvers).size;
  const mistakes: Mistake[] = [];
  if (rule.required > people) {
    mistakes.push(
      places.at(
        [...at, 'required'],
        `${rule.required} approvals are required, but ${people} can approve`,
      ),
    );
  }
  const stricter = rule.stricter?.required;
  if (stricter !== undefined && stricter > people) {
    mistakes.push(
      places.at(
        [...at, 'stricter'],
        `${stricter} approvals are required, but ${people} can approve`,
      ),
    );
  }
  if (stricter !== undefined && stricter < rule.required) {
    mistakes.push(
      places.at(
        [...at, 'stricter', 'required'],
        `${stricter} is not stricter than required ${rule.required}`,
      ),
    );
  }
  return mistakes;
}
