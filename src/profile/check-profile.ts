// Finds what a profile's form cannot show: names that lead nowhere, limits that contradict each other, formulas that do not compile.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { compileFormula, type Formula } from './formula.ts';
import { promqlNames, unknownPromqlNames } from './promql.ts';
import type { ProfileFile } from './schema.ts';
import { perMinute } from './throughput.ts';

type Components = ProfileFile['components'];

/** All mistakes across keys of a profile the schema accepts. */
export function checkProfile(file: ProfileFile, places: Places): readonly Mistake[] {
  return [
    ...Object.entries(file.components).flatMap(([id, component]) =>
      checkComponent(id, component, places),
    ),
    ...checkTriggers(file, places),
    ...checkSizings(file, places),
    ...checkInputs(file, places),
    ...(Object.keys(file.components).length === 0
      ? [places.at(['components'], 'a profile needs at least one component')]
      : []),
  ];
}

function checkComponent(
  id: string,
  { replicas, autoscaling }: Components[string],
  places: Places,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const { min, max, baseline } = replicas;
  const at = ['components', id];
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
    mistakes.push(...checkPromql(trigger, at, places));
    if (trigger.target !== undefined && trigger.target >= trigger.fireAt) {
      mistakes.push(
        places.at(
          [...at, 'target'],
          `target ${trigger.target} is not lower than fireAt ${trigger.fireAt}`,
        ),
      );
    }
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

function checkPromql(
  trigger: ProfileFile['triggers'][string],
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const texts: (readonly [YamlPath, string])[] = [
    [[...at, 'expr'], trigger.expr],
    [[...at, 'measure', 'promql'], trigger.measure.promql],
  ];
  if (trigger.measure.sampledAt !== undefined) {
    texts.push([[...at, 'measure', 'sampledAt'], trigger.measure.sampledAt]);
  }
  if (trigger.kind === 'backlog' && trigger.arrival !== undefined) {
    texts.push([[...at, 'arrival', 'promql'], trigger.arrival.promql]);
  }
  return texts.flatMap(([path, text]) =>
    unknownPromqlNames(text).map((name) =>
      places.at(path, `nothing fills in "$${name}"${suggestion(name, promqlNames)}`),
    ),
  );
}

function checkSizings(file: ProfileFile, places: Places): readonly Mistake[] {
  const inputs = Object.keys(file.inputs);
  const ids = file.sizings.map(({ id }) => id);
  return file.sizings.flatMap((sizing, index) => {
    const at = ['sizings', index];
    const twice = ids.indexOf(sizing.id) < index;
    return [
      ...(twice ? [places.at([...at, 'id'], `there is another sizing "${sizing.id}"`)] : []),
      ...unknownComponent(sizing.component, file.components, [...at, 'component'], places),
      ...checkFormula(sizing.replicas, inputs, [...at, 'replicas'], places),
      ...(['cpuMillicores', 'memoryMi'] as const).flatMap((field) =>
        sizing.pod === undefined
          ? []
          : checkFormula(sizing.pod[field], inputs, [...at, 'pod', field], places),
      ),
    ];
  });
}

function checkInputs(file: ProfileFile, places: Places): readonly Mistake[] {
  const names = Object.keys(file.inputs);
  const defaults = new Map<string, Formula>();
  const mistakes: Mistake[] = [];
  for (const [name, input] of Object.entries(file.inputs)) {
    const at = ['inputs', name];
    if (input.min > input.max) {
      mistakes.push(places.at([...at, 'min'], `min ${input.min} is above max ${input.max}`));
    }
    if (input.default === undefined) continue;
    if (input.required) {
      mistakes.push(
        places.at([...at, 'default'], 'a required input has no default: drop one of the two'),
      );
    }
    mistakes.push(...checkFormula(input.default, names, [...at, 'default'], places));
    const compiled = compileFormula(String(input.default), names);
    if (compiled.ok) defaults.set(name, compiled.formula);
  }
  for (const name of defaults.keys()) {
    if (reaches(name, name, defaults, new Set())) {
      mistakes.push(
        places.at(['inputs', name, 'default'], `the default of "${name}" depends on itself`),
      );
    }
  }
  return mistakes;
}

function reaches(
  from: string,
  goal: string,
  defaults: ReadonlyMap<string, Formula>,
  seen: Set<string>,
): boolean {
  for (const name of defaults.get(from)?.names ?? []) {
    if (name === goal) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    if (reaches(name, goal, defaults, seen)) return true;
  }
  return false;
}

function checkFormula(
  formula: string | number,
  names: readonly string[],
  path: YamlPath,
  places: Places,
): readonly Mistake[] {
  const compiled = compileFormula(String(formula), names);
  return compiled.ok ? [] : [places.at(path, compiled.message, compiled.range)];
}

function unknownComponent(
  id: string,
  components: Components,
  path: YamlPath,
  places: Places,
): readonly Mistake[] {
  if (Object.hasOwn(components, id)) return [];
  return [
    places.at(path, `there is no component "${id}"${suggestion(id, Object.keys(components))}`),
  ];
}
