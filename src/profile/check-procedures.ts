// Finds what the form of procedures and checklists cannot show: steps without a kind or of two, names that lead nowhere, two goals at once.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { dropMistakes } from './check-drops.ts';
import { lookMistakes } from './check-looks.ts';
import { gateOf, replicaMistakes } from './check-replicas.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import { databaseDeeds } from './schema/step-database.ts';
import type { Look } from './schema/step-parts.ts';
import { type StepFile, step as stepSchema } from './schema/steps.ts';
import { reservedNames } from './scope.ts';
import { notOfForm } from './text-form.ts';
import { unknownComponent } from './unknown-component.ts';

const kinds = Object.keys(stepSchema.shape) as readonly (keyof StepFile)[];

/** Words of commands that no input of a procedure can have. */
const commandWords: readonly string[] = ['reason'];

type ProcedureFile = ProfileFile['procedures'][string];

/** All mistakes in the procedures and checklists of a profile the schema accepts. */
export function checkProcedures(file: ProfileFile, places: Places): readonly Mistake[] {
  return [
    ...Object.entries(file.procedures).flatMap(([id, procedure]) =>
      checkProcedure(id, procedure, file, places),
    ),
    ...Object.entries(file.checklists).flatMap(([id, items]) => [
      ...(Object.hasOwn(file.procedures, id)
        ? [places.atKey(['checklists', id], `there is a procedure "${id}"`)]
        : []),
      ...items.flatMap((item, index) =>
        typeof item === 'string' || item.check === undefined
          ? []
          : checkLook(item.check, undefined, ['checklists', id, index, 'check'], file, places),
      ),
    ]),
  ];
}

function checkProcedure(
  id: string,
  procedure: ProcedureFile,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  const isList = Array.isArray(procedure);
  const steps = isList ? procedure : procedure.steps;
  const at = isList ? ['procedures', id] : ['procedures', id, 'steps'];
  const isEmergency = !isList && procedure.emergency;
  const isDaily = !isList && procedure.daily !== undefined;
  const daily = isDaily ? ['procedures', id, 'daily'] : undefined;
  return [
    ...(isList ? [] : checkInputs(procedure.inputs, ['procedures', id, 'inputs'], file, places)),
    ...dropMistakes(steps, { isEmergency, daily }, at, places),
    ...replicaMistakes(steps, file, at, places),
    ...steps.flatMap((step, index) => {
      const named = kinds.filter((kind) => step[kind] !== undefined);
      const [kind, other] = named;
      if (kind === undefined) {
        const words = `a step has one key that names its kind: ${kinds.join(', ')}`;
        return [places.at([...at, index], words)];
      }
      if (other !== undefined) {
        const words = `"${kind}" and "${other}" are two steps: each begins with its own dash`;
        return [places.atKey([...at, index, other], words)];
      }
      const here = [...at, index, kind];
      return [
        ...checkStep(step, here, file, places),
        ...checkRollout(steps, index, here, places),
        ...(isEmergency && step.database?.restart === true
          ? [places.at([...here, 'restart'], 'an emergency never restarts a database')]
          : []),
        ...(isEmergency && step.database?.replicas !== undefined
          ? [places.at([...here, 'replicas'], 'an emergency never adds or takes away replicas')]
          : []),
      ];
    }),
  ];
}

function checkInputs(
  inputs: Exclude<ProcedureFile, readonly unknown[]>['inputs'],
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  return Object.entries(inputs).flatMap(([name, input]) => {
    const mistakes: Mistake[] = [];
    if (Object.hasOwn(file.inputs, name) || Object.hasOwn(file.values, name)) {
      mistakes.push(places.atKey([...at, name], `the profile has a "${name}" already`));
    } else if (reservedNames.includes(name) || commandWords.includes(name)) {
      mistakes.push(places.atKey([...at, name], `"${name}" has a meaning of its own`));
    }
    if (input.type === 'text') {
      const wanted = input.default === undefined ? undefined : notOfForm(input.default, input.form);
      if (wanted !== undefined) {
        mistakes.push(places.at([...at, name, 'default'], `expected ${wanted}`));
      }
      return mistakes;
    }
    if (input.min > input.max) {
      const words = `min ${input.min} is above max ${input.max}`;
      mistakes.push(places.at([...at, name, 'min'], words));
    }
    if (input.podsOf !== undefined) {
      const path = [...at, name, 'podsOf'];
      mistakes.push(...unknownComponent(input.podsOf, file.components, path, places));
    }
    return mistakes;
  });
}

/** What a step is missing, what it says twice, and names in it that lead nowhere. */
function checkStep(
  step: StepFile,
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  const component = componentOf(step);
  const { check, wait, human, database } = step;
  const look = (each: Look | undefined, key: string) =>
    each === undefined ? [] : checkLook(each, component, [...at, key], file, places);
  return [
    ...(component === undefined
      ? []
      : unknownComponent(component, file.components, [...at, 'component'], places)),
    ...ownMistakes(step, at, file, places),
    ...(check === undefined ? [] : checkLook(check, component, at, file, places)),
    ...(typeof wait === 'object' ? look(wait.watch, 'watch') : []),
    ...(human !== undefined && 'do' in human ? look(human.check, 'check') : []),
    ...look(gateOf(step), 'gate'),
    ...(database?.shards?.map === undefined
      ? []
      : unknownComponent(
          database.shards.map.component,
          file.components,
          [...at, 'shards', 'map', 'component'],
          places,
        )),
  ];
}

/** The component a step is about. */
function componentOf(step: StepFile): string | undefined {
  for (const details of Object.values(step)) {
    if (typeof details === 'object' && 'component' in details) return details.component;
  }
  return undefined;
}

function checkLook(
  look: Look,
  component: string | undefined,
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  return [
    ...lookMistakes(look, component, at, places),
    ...(look.component === undefined || look.component === component
      ? []
      : unknownComponent(look.component, file.components, [...at, 'component'], places)),
  ];
}

function ownMistakes(
  { scale, pods, autoscaler, env, database }: StepFile,
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  const mistakes: Mistake[] = [];
  const add = (isWrong: boolean, words: string) => {
    if (isWrong) mistakes.push(places.atKey(at, words));
  };
  if (scale !== undefined) {
    const goals = [scale.atLeast, scale.to].filter((goal) => goal !== undefined);
    add(goals.length !== 1, 'say how many pods: atLeast, or to, and not both');
    add(scale.wait !== undefined && scale.step === undefined, 'a wait between steps needs step');
  }
  if (pods !== undefined) {
    const amounts = [
      pods.requests?.cpu,
      pods.requests?.memory,
      pods.limits?.cpu,
      pods.limits?.memory,
    ];
    const isEmpty = [...amounts, pods.extended].every((each) => each === undefined);
    add(isEmpty, 'say which requests, limits or extended resources');
  }
  if (autoscaler !== undefined) mistakes.push(...autoscalerMistakes(autoscaler, at, file, places));
  if (env !== undefined) {
    const isEmpty = Object.keys(env.set).length === 0 && env.graceSeconds === undefined;
    add(isEmpty, 'say which variables to set, or graceSeconds');
  }
  if (database !== undefined) {
    const deeds = Object.keys(databaseDeeds).filter((deed) => Object.hasOwn(database, deed));
    const isPair = deeds.length === 2 && deeds.includes('settings') && deeds.includes('restart');
    add(deeds.length === 0, `say what is done: ${Object.keys(databaseDeeds).join(', ')}`);
    add(deeds.length > 1 && !isPair, `${deeds.join(' and ')} are steps of their own`);
  }
  return mistakes;
}

function autoscalerMistakes(
  { component, min, max, variant }: NonNullable<StepFile['autoscaler']>,
  at: YamlPath,
  file: ProfileFile,
  places: Places,
): readonly Mistake[] {
  if (min === undefined && max === undefined && variant === undefined) {
    return [places.atKey(at, 'say min, max or variant')];
  }
  if (!Object.hasOwn(file.components, component)) return [];
  const autoscaling = file.components[component]?.autoscaling;
  const known = [autoscaling?.hpa, ...(autoscaling?.variants ?? [])].flatMap((hpa) =>
    hpa === undefined ? [] : [hpa.name],
  );
  if (known.length === 0) {
    return [places.at([...at, 'component'], `component "${component}" has no autoscaler`)];
  }
  if (variant === undefined || known.includes(variant)) return [];
  const words = `"${component}" has no autoscaler "${variant}"${suggestion(variant, known)}`;
  return [places.at([...at, 'variant'], words)];
}

/** Changes of pods that wait for the next one need a next one. */
function checkRollout(
  steps: readonly StepFile[],
  index: number,
  at: YamlPath,
  places: Places,
): readonly Mistake[] {
  const own = templateOf(steps[index]);
  if (own?.rollout !== 'with-next') return [];
  const next = steps.slice(index + 1).some((step) => {
    const other = templateOf(step);
    return other?.component === own.component && other.workload?.text === own.workload?.text;
  });
  const words = `no later step changes the pods of "${own.component}"`;
  return next ? [] : [places.at([...at, 'rollout'], words)];
}

type TemplateStep = Pick<NonNullable<StepFile['pods']>, 'component' | 'workload'> & {
  readonly rollout?: 'own' | 'with-next';
};

/** The steps that make pods anew. */
function templateOf(step: StepFile | undefined): TemplateStep | undefined {
  const apply = step?.apply;
  const makesPods = apply?.kind === 'Deployment' || apply?.kind === 'StatefulSet';
  return step?.pods ?? step?.env ?? step?.restart ?? (makesPods ? apply : undefined);
}
