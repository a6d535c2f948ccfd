// Checks every formula and sentence of a profile where it stands: that it compiles, that its names are known there, and that it has a value.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, TextRange, YamlPath } from '../yaml/parse-yaml.ts';
import type { Expression } from './formula.ts';
import { ownCorner, ownNames } from './procedure-scope.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import { forecastNames, partsName, procedureNames, resultNames } from './scope.ts';
import type { Template } from './template.ts';

type Found =
  | { readonly path: YamlPath; readonly kind: 'formula'; readonly formula: Expression<unknown> }
  | { readonly path: YamlPath; readonly kind: 'template'; readonly template: Template };

/** All mistakes in the formulas of a profile the schema accepts. */
export function checkFormulas(file: ProfileFile, places: Places): readonly Mistake[] {
  const found = formulasIn(file, []);
  const mistakes = found.flatMap((each) => {
    const known = namesAt(each, file);
    return each.kind === 'formula'
      ? formulaMistakes(each.formula, known, each.path, places)
      : unknownNames(each.template.names, known).map((name) =>
          places.at(each.path, unknownWords(name, known)),
        );
  });
  return mistakes.length > 0 ? mistakes : withoutValue(file, found, places);
}

function formulasIn(value: unknown, path: YamlPath): readonly Found[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isExpression(value)) return [{ path, kind: 'formula', formula: value }];
  if (isTemplate(value)) return [{ path, kind: 'template', template: value }];
  const entries: readonly (readonly [PropertyKey, unknown])[] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, child]) => formulasIn(child, [...path, key]));
}

function isExpression(value: object): value is Expression<unknown> {
  return 'evaluate' in value && typeof value.evaluate === 'function';
}

function isTemplate(value: object): value is Template {
  return 'withNumbers' in value && typeof value.withNumbers === 'function';
}

/** The names a formula may use; see the documentation of profiles for the table. */
function namesAt({ path, kind }: Found, file: ProfileFile): readonly string[] {
  const inputs = Object.keys(file.inputs);
  const values = Object.keys(file.values);
  const sized = [...inputs, ...values, partsName, ...resultNames];
  const [part, second, third] = path;
  if (part === 'inputs') return inputs;
  if (part === 'values') return [...inputs, ...values.slice(0, values.indexOf(String(second)))];
  if (part === 'sizings') return namesInSizing(third, path, [...inputs, ...values], sized);
  if (part === 'network') {
    return [...inputs, ...values, ...earlierKeys(file.network?.mbps, third)];
  }
  if (part === 'database' && second === 'storage') {
    return [...sized, ...earlierKeys(file.database?.storage?.gib, path[3])];
  }
  if (part === 'procedures') {
    return [...sized, ...procedureNames, ...ownNames(file, path, { texts: kind === 'template' })];
  }
  // A checklist is read without any numbers given.
  if (part === 'checklists') return [];
  return part === 'forecast' ? [...sized, ...forecastNames] : sized;
}

function namesInSizing(
  key: PropertyKey | undefined,
  path: YamlPath,
  given: readonly string[],
  sized: readonly string[],
): readonly string[] {
  const known: Readonly<Record<string, readonly string[]>> = {
    when: given,
    firstWhen: given,
    split: path[3] === 'count' ? given : [...given, partsName],
    replicas: [...given, partsName],
    pod: [...given, partsName, 'replicas'],
  };
  return known[String(key)] ?? sized;
}

function earlierKeys(
  record: Readonly<Record<string, unknown>> | undefined,
  key: PropertyKey | undefined,
): readonly string[] {
  const keys = Object.keys(record ?? {});
  const index = keys.indexOf(String(key));
  return index === -1 ? keys : keys.slice(0, index);
}

function formulaMistakes(
  formula: Expression<unknown>,
  known: readonly string[],
  path: YamlPath,
  places: Places,
): readonly Mistake[] {
  const unknown = unknownNames([...formula.names.keys()], known).map((name) =>
    places.at(path, unknownWords(name, known), formula.names.get(name)),
  );
  const { problem } = formula;
  return problem === undefined || (unknown.length > 0 && isAbout(problem, formula))
    ? unknown
    : [...unknown, places.at(path, problem.message, problem.range)];
}

/** A name that cannot be one is told once, as unknown. */
function isAbout(problem: { readonly range: TextRange }, formula: Expression<unknown>): boolean {
  return [...formula.names.values()].some(({ start }) => start === problem.range.start);
}

function unknownNames(names: readonly string[], known: readonly string[]): readonly string[] {
  return names.filter((name) => !known.includes(name));
}

function unknownWords(name: string, known: readonly string[]): string {
  return `there is no "${name}" here${suggestion(name, known)}`;
}

/** Formulas that have no finite number at the ends of their inputs: a division by an input that may be 0, say. */
function withoutValue(
  file: ProfileFile,
  found: readonly Found[],
  places: Places,
): readonly Mistake[] {
  const told = new Set<Expression<unknown>>();
  return cornersOf(file).flatMap((corner) =>
    found.flatMap((each) => {
      if (each.kind !== 'formula' || told.has(each.formula)) return [];
      const own = ownCorner(file, each.path, corner.end);
      const result = each.formula.evaluate({ ...corner.values, ...own });
      if (result.ok || result.notFinite === undefined) return [];
      told.add(each.formula);
      return [places.at(each.path, `it has no finite value when ${corner.words}`)];
    }),
  );
}

interface Corner {
  readonly end: 'min' | 'max';
  readonly words: string;
  readonly values: Readonly<Record<string, number>>;
}

/** Every input at its least, and every input at its most. */
function cornersOf(file: ProfileFile): readonly Corner[] {
  return (['min', 'max'] as const).map((end) => {
    const values: Record<string, number> = { [partsName]: 1 };
    for (const [name, input] of Object.entries(file.inputs)) values[name] = input[end];
    for (const [name, { formula }] of Object.entries(file.values)) {
      const result = formula.evaluate(values);
      if (result.ok) values[name] = result.value;
    }
    return { end, words: `every input is at its ${end === 'min' ? 'least' : 'most'}`, values };
  });
}
