// Finds what a profile's form cannot show: names that lead nowhere, limits that contradict each other, formulas that do not compile.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { checkFormulas } from './check-formulas.ts';
import { podMistakes } from './check-pod.ts';
import { checkProcedures } from './check-procedures.ts';
import { promqlMistakes } from './check-promql.ts';
import { checkRightSize } from './check-right-size.ts';
import { measuredBy } from './measured-expr.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import { reservedNames } from './scope.ts';
import { perMinute } from './throughput.ts';
import { unknownComponent } from './unknown-component.ts';

type Components = ProfileFile['components'];

/** All mistakes across keys of a profile the schema accepts. */
export function checkProfile(file: ProfileFile, places: Places): readonly Mistake[] {
  return [
    ...Object.entries(file.components).flatMap(([id, component]) =>
      checkComponent(id, component, places),
    ),
    ...checkTriggers(file, places),
    ...promqlMistakes(file, places),
    ...checkSizings(file, places),
    ...checkInputs(file, places),
    ...checkPlans(file, places),
    ...checkRightSize(file, places),
    ...checkProcedures(file, places),
    ...checkFormulas(file, places),
    ...(Object.keys(file.components).length === 0
      ? [places.at(['components'], 'a profile needs at least one component')]
      : []),
  ];
}

function checkComponent(
  id: string,
  { replicas, pod, podMax, autoscaling }: Components[string],
  places: Places,
): readonly Mistake[] {
  const { min, max, baseline } = replicas;
  const at = ['components', id];
  const mistakes = [...podMistakes(pod, podMax, at, places)];
  if (min > max)
    mistakes.push(places.at([...at, 'replicas', 'min'], `min ${min} is above max ${max}`));
  else if (baseline < min || baseline > max) {
    mistakes.push(
      places.at(
        [...at, 'replicas', 'baseline'],
        `baseline ${baseline} is not between min ${min} and max ${max}`,
      ),
    );
  }
  const hpa = autoscaling?.hpa;
  if (hpa !== undefined && hpa.min > hpa.max) {
    mistakes.push(
      places.at([...at, 'autoscaling', 'hpa', 'min'], `min ${hpa.min} is above max ${hpa.max}`),
    );
  }
  for (const direction of ['up', 'down'] as const) {
    const policy = autoscaling?.[direction];
    if (policy !== undefined && policy.percent === undefined && policy.pods === undefined) {
      mistakes.push(
        places.atKey(
          [...at, 'autoscaling', direction],
          'a scaling policy needs percent, pods or both',
        ),
      );
    }
  }
  return mistakes;
}

function checkTriggers(file: ProfileFile, places: Places): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const seen = new Map<string, string>();
  for (const [id, trigger] of Object.entries(file.triggers)) {
    const at = ['triggers', id];
    mistakes.push(
      ...unknownComponent(trigger.component, file.components, [...at, 'component'], places),
    );
    mistakes.push(...checkLevels(trigger, at, places), ...checkMeasure(trigger, at, places));
    const throughput = Object.hasOwn(file.components, trigger.component)
      ? file.components[trigger.component]?.throughput
      : undefined;
    if (trigger.kind === 'backlog' && perMinute(throughput) === undefined) {
      mistakes.push(
        places.at(
          [...at, 'kind'],
          `a backlog trigger needs a throughput per s, min or h of component "${trigger.component}"`,
        ),
      );
    }
    const key = `${trigger.alert}\n${trigger.component}`;
    const other = seen.get(key);
    if (other !== undefined) {
      mistakes.push(
        places.at([...at, 'alert'], `trigger "${other}" has the same alert for the same component`),
      );
    }
    seen.set(key, id);
  }
  return mistakes;
}

type TriggerFile = ProfileFile['triggers'][string];

/** Levels stand in one order on the bad side: the target, the warning, the critical level. */
function checkLevels(trigger: TriggerFile, at: YamlPath, places: Places): readonly Mistake[] {
  const { fires, fireAt, warnAt, target } = trigger;
  const word = fires === 'above' ? 'lower' : 'higher';
  const before = (level: number, than: number) => (fires === 'above' ? level < than : level > than);
  const mistakes: Mistake[] = [];
  if (target !== undefined && !before(target, fireAt)) {
    const message = `target ${target} is not ${word} than fireAt ${fireAt}`;
    mistakes.push(places.at([...at, 'target'], message));
  }
  if (warnAt !== undefined && !before(warnAt, fireAt)) {
    const message = `warnAt ${warnAt} is not ${word} than fireAt ${fireAt}`;
    mistakes.push(places.at([...at, 'warnAt'], message));
  }
  if (fires === 'below' && trigger.kind !== 'investigate') {
    const message = 'an alert never takes capacity away: what fires below must be investigate';
    mistakes.push(places.at([...at, 'fires'], message));
  }
  return mistakes;
}

/** The rule and the measure are one query; an `expr` of its own must say the level that stands beside it. */
function checkMeasure(trigger: TriggerFile, at: YamlPath, places: Places): readonly Mistake[] {
  const { expr, measure, fireAt, fires } = trigger;
  const measured = expr === undefined ? undefined : measuredBy(expr);
  if (measured === undefined) {
    if (measure !== undefined) return [];
    const [path, message] =
      expr === undefined
        ? [at, 'a trigger needs measure, expr or both']
        : [
            [...at, 'expr'],
            'it is not one query that ends in "> number", so say what is measured as measure',
          ];
    return [expr === undefined ? places.atKey(path, message) : places.at(path, message)];
  }
  if (measured.level === fireAt && measured.fires === fires) return [];
  const message = `it fires ${measured.fires} ${measured.level}, and fireAt says ${fires} ${fireAt}`;
  return [places.at([...at, 'expr'], message)];
}

function checkSizings(file: ProfileFile, places: Places): readonly Mistake[] {
  const ids = file.sizings.map(({ id }) => id);
  return file.sizings.flatMap((sizing, index) => {
    const at = ['sizings', index];
    const twice = ids.indexOf(sizing.id) < index;
    return [
      ...(twice ? [places.at([...at, 'id'], `there is another sizing "${sizing.id}"`)] : []),
      ...unknownComponent(sizing.component, file.components, [...at, 'component'], places),
      ...Object.keys(sizing.alongside).flatMap((id) =>
        id === sizing.component
          ? [places.atKey([...at, 'alongside', id], `"${id}" is the sizing's own component`)]
          : unknownComponent(id, file.components, [...at, 'alongside', id], places, 'key'),
      ),
      ...unknownShares(sizing.split, [...at, 'split'], file, places),
    ];
  });
}

function unknownShares(
  split: ProfileFile['sizings'][number]['split'],
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  return Object.keys(split?.share ?? {}).flatMap((name) =>
    unknownInput(name, [...at, 'share', name], file, places, 'key'),
  );
}

function checkPlans(file: ProfileFile, places: Places): readonly Mistake[] {
  const { database, cost, forecast } = file;
  const mistakes: Mistake[] = [];
  if (database?.component !== undefined) {
    const at = ['database', 'component'];
    mistakes.push(...unknownComponent(database.component, file.components, at, places));
  }
  mistakes.push(...unknownShares(database?.split, ['database', 'split'], file, places));
  if (database?.storage !== undefined && !Object.hasOwn(database.storage.gib, 'provisioned')) {
    mistakes.push(places.at(['database', 'storage', 'gib'], '"provisioned" is missing'));
  }
  for (const [at, figures] of [
    [['database', 'storage', 'gib'], database?.storage?.gib],
    [['network', 'mbps'], file.network?.mbps],
  ] as const) {
    for (const name of Object.keys(figures ?? {})) {
      if (!Object.hasOwn(file.inputs, name) && !Object.hasOwn(file.values, name)) continue;
      mistakes.push(places.atKey([...at, name], `"${name}" is an input or a value already`));
    }
  }
  const last = database?.stages.findIndex(({ when }) => when === undefined) ?? -1;
  if (database !== undefined && last !== -1 && last < database.stages.length - 1) {
    const at = ['database', 'stages', last + 1];
    mistakes.push(places.at(at, 'the stage before it always holds, so this one never counts'));
  }
  if (cost?.perUnit !== undefined) {
    mistakes.push(...unknownInput(cost.perUnit, ['cost', 'perUnit'], file, places));
  }
  if (forecast !== undefined) {
    mistakes.push(...unknownInput(forecast.input, ['forecast', 'input'], file, places));
  }
  return mistakes;
}

function checkInputs(file: ProfileFile, places: Places): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  for (const name of [...Object.keys(file.inputs), ...Object.keys(file.values)]) {
    const part = Object.hasOwn(file.inputs, name) ? 'inputs' : 'values';
    if (reservedNames.includes(name)) {
      mistakes.push(places.atKey([part, name], `"${name}" has a meaning of its own in formulas`));
    }
    if (part === 'inputs' && Object.hasOwn(file.values, name)) {
      mistakes.push(places.atKey(['values', name], `there is an input "${name}"`));
    }
  }
  for (const [name, input] of Object.entries(file.inputs)) {
    const at = ['inputs', name];
    if (input.min > input.max) {
      mistakes.push(places.at([...at, 'min'], `min ${input.min} is above max ${input.max}`));
    }
    if (input.default !== undefined && input.required) {
      mistakes.push(
        places.at([...at, 'default'], 'a required input has no default: drop one of the two'),
      );
    }
    const fixed = input.default?.names.size === 0 ? input.default.evaluate({}) : undefined;
    if (fixed?.ok === true && !(fixed.value >= input.min && fixed.value <= input.max)) {
      const message = `the default ${fixed.value} is not between min ${input.min} and max ${input.max}`;
      mistakes.push(places.at([...at, 'default'], message));
    }
    if (reaches(name, name, file.inputs, new Set())) {
      mistakes.push(places.at([...at, 'default'], `the default of "${name}" depends on itself`));
    }
  }
  return mistakes;
}

function reaches(
  from: string,
  goal: string,
  inputs: ProfileFile['inputs'],
  seen: Set<string>,
): boolean {
  const names = Object.hasOwn(inputs, from) ? inputs[from]?.default?.names.keys() : undefined;
  for (const name of names ?? []) {
    if (name === goal) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    if (reaches(name, goal, inputs, seen)) return true;
  }
  return false;
}

function unknownInput(
  name: string,
  path: YamlPath,
  { inputs }: ProfileFile,
  places: Places,
  where: 'key' | 'value' = 'value',
): readonly Mistake[] {
  if (Object.hasOwn(inputs, name)) return [];
  const message = `there is no input "${name}"${suggestion(name, Object.keys(inputs))}`;
  return [where === 'key' ? places.atKey(path, message) : places.at(path, message)];
}
