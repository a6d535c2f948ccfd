// Finds names in the queries of a profile that nothing fills in: such a query would match nothing, in silence.
import { suggestion } from '../words/nearest.ts';
import type { Mistake, Places, YamlPath } from '../yaml/parse-yaml.ts';
import { promqlNames, unknownPromqlNames } from './promql.ts';
import type { ProfileFile } from './schema/profile-file.ts';

type Query = readonly [YamlPath, string | undefined];

/** All mistakes in the queries of inputs, autoscalers and triggers. */
export function promqlMistakes(
  { inputs, components, triggers }: ProfileFile,
  places: Places,
): readonly Mistake[] {
  const queries: readonly Query[] = [
    ...Object.entries(inputs).map(
      ([name, { observe }]): Query => [
        ['inputs', name, 'observe', 'promql'],
        observe !== undefined && 'promql' in observe ? observe.promql : undefined,
      ],
    ),
    ...Object.entries(components).flatMap(([id, { autoscaling }]) =>
      autoscalerQueries(autoscaling, ['components', id, 'autoscaling']),
    ),
    ...Object.entries(triggers).flatMap(([id, trigger]) =>
      triggerQueries(trigger, ['triggers', id]),
    ),
  ];
  return queries.flatMap(([path, text]) =>
    unknownPromqlNames(text ?? '').map((name) =>
      places.at(path, `nothing fills in "$${name}"${suggestion(name, promqlNames)}`),
    ),
  );
}

function autoscalerQueries(
  autoscaling: ProfileFile['components'][string]['autoscaling'],
  at: YamlPath,
): readonly Query[] {
  const autoscalers = [
    [[...at, 'hpa'], autoscaling?.hpa] as const,
    ...(autoscaling?.variants ?? []).map(
      (each, index) => [[...at, 'variants', index], each] as const,
    ),
  ];
  return autoscalers.flatMap(([path, autoscaler]) =>
    (autoscaler?.metrics ?? []).map(
      (metric, index): Query => [
        [...path, 'metrics', index, 'promql'],
        'promql' in metric ? metric.promql : undefined,
      ],
    ),
  );
}

function triggerQueries(trigger: ProfileFile['triggers'][string], at: YamlPath): readonly Query[] {
  const doubts = trigger.kind === 'investigate' ? [] : trigger.doubts;
  const arrival = trigger.kind === 'backlog' ? trigger.arrival : undefined;
  return [
    [[...at, 'expr'], trigger.expr],
    [[...at, 'measure', 'promql'], trigger.measure?.promql],
    [[...at, 'measure', 'sampledAt'], trigger.measure?.sampledAt],
    ...doubts.map(({ promql }, index): Query => [[...at, 'doubts', index, 'promql'], promql]),
    [[...at, 'arrival', 'promql'], arrival?.promql],
  ];
}
