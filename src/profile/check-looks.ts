// Checks what a procedure or checklist looks at: that it is one thing with one bound, and that it is known where.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { facts } from './facts.ts';
import { promqlNames, unknownPromqlNames } from './promql.ts';
import type { Look } from './schema/step-parts.ts';

const boundNames = ['above', 'atLeast', 'below', 'atMost'] as const;

/** Whose pods `rollout`, `$workload` and facts of components are about; the step's own component when the look names none. */
export function lookMistakes(
  look: Look,
  component: string | undefined,
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const of = look.component ?? component;
  return [
    ...subjectMistakes(look, at, places),
    ...boundMistakes(look, at, places),
    ...factMistakes(look, of, at, places),
    ...promqlMistakes(look, of, at, places),
    ...(look.rollout !== undefined && of === undefined
      ? [places.at([...at, 'rollout'], 'name the component whose pods are meant')]
      : []),
  ];
}

function subjectMistakes(look: Look, at: YamlPath, places: Places): readonly Mistake[] {
  const { http, promql, fact, rollout, status } = look;
  const mistakes: Mistake[] = [];
  if ([http, promql, fact, rollout].every((each) => each === undefined)) {
    mistakes.push(places.atKey(at, 'it looks at nothing: name http, promql, fact or rollout'));
  }
  if (promql !== undefined && fact !== undefined) {
    mistakes.push(
      places.at([...at, 'fact'], 'promql and fact are two checks: make two steps of it'),
    );
  }
  if (status !== undefined && http === undefined) {
    mistakes.push(places.at([...at, 'status'], 'a status belongs to http'));
  }
  return mistakes;
}

function boundMistakes(look: Look, at: YamlPath, places: Places): readonly Mistake[] {
  const given = boundNames.filter((name) => look[name] !== undefined);
  const measured = look.promql === undefined ? look.fact && 'fact' : 'promql';
  const [first, second] = given;
  if (measured === undefined) {
    return first === undefined
      ? []
      : [places.at([...at, first], `"${first}" belongs to promql or fact`)];
  }
  if (first === undefined) {
    return [places.at([...at, measured], 'say above, atLeast, below or atMost which number')];
  }
  return second === undefined
    ? []
    : [places.at([...at, second], `"${first}" and "${second}": one of them is meant`)];
}

function factMistakes(
  { fact, database }: Look,
  component: string | undefined,
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const of = fact === undefined ? undefined : facts[fact].of;
  const mistakes: Mistake[] = [];
  if (of === 'component' && component === undefined) {
    mistakes.push(places.at([...at, 'fact'], 'name the component whose fact it is'));
  }
  if (database !== undefined && of !== 'database') {
    mistakes.push(places.at([...at, 'database'], 'a database belongs to a fact of databases'));
  }
  return mistakes;
}

function promqlMistakes(
  { promql }: Look,
  component: string | undefined,
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  if (promql === undefined) return [];
  const unknown = unknownPromqlNames(promql).map((name) =>
    places.at([...at, 'promql'], `nothing fills in "$${name}"${suggestion(name, promqlNames)}`),
  );
  const isFilled = promqlNames.some((name) => promql.includes(`$${name}`));
  return isFilled && component === undefined
    ? [...unknown, places.at([...at, 'promql'], 'name the component that fills in its names')]
    : unknown;
}
