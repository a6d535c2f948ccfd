// HorizontalPodAutoscalers (autoscaling/v2): limits, metrics and behaviour.

import type { JsonObject } from '../json.ts';
import { count, isObject, object, objects, text } from '../json.ts';
import * as s from '../schema.ts';
import type { FieldError } from '../status.ts';
import { forbidden, invalidValue, required } from '../status.ts';
import { labelSelector } from './pod-parts.ts';
import type { Resource } from './resource.ts';
import { conditions, objectMeta, typeMeta } from './shapes.ts';
import { setDefault } from './workload.ts';

const metricTarget = s.always(
  s.struct('MetricTarget', {
    type: s.always(s.string),
    value: s.pointer(s.quantity),
    averageValue: s.pointer(s.quantity),
    averageUtilization: s.pointer(s.int32),
  }),
);
const identifier = s.always(
  s.struct('MetricIdentifier', { name: s.always(s.string), selector: labelSelector }),
);
const reference = s.always(
  s.struct('CrossVersionObjectReference', {
    kind: s.always(s.string),
    name: s.always(s.string),
    apiVersion: s.string,
  }),
);
const metric = s.struct('MetricSpec', {
  type: s.always(s.string),
  object: s.struct('ObjectMetricSource', {
    describedObject: reference,
    target: metricTarget,
    metric: identifier,
  }),
  pods: s.struct('PodsMetricSource', { metric: identifier, target: metricTarget }),
  resource: s.struct('ResourceMetricSource', { name: s.always(s.string), target: metricTarget }),
  containerResource: s.struct('ContainerResourceMetricSource', {
    name: s.always(s.string),
    container: s.always(s.string),
    target: metricTarget,
  }),
  external: s.struct('ExternalMetricSource', { metric: identifier, target: metricTarget }),
});
const scalingRules = s.struct('HPAScalingRules', {
  stabilizationWindowSeconds: s.pointer(s.int32),
  selectPolicy: s.pointer(s.string),
  policies: s.list(
    s.struct('HPAScalingPolicy', {
      type: s.always(s.string),
      value: s.always(s.int32),
      periodSeconds: s.always(s.int32),
    }),
  ),
  tolerance: s.pointer(s.quantity),
});

const schema = s.struct('HorizontalPodAutoscaler', {
  ...typeMeta,
  metadata: objectMeta,
  spec: s.always(
    s.struct('HorizontalPodAutoscalerSpec', {
      scaleTargetRef: reference,
      minReplicas: s.pointer(s.int32),
      maxReplicas: s.always(s.int32),
      metrics: s.list(metric),
      behavior: s.struct('HorizontalPodAutoscalerBehavior', {
        scaleUp: scalingRules,
        scaleDown: scalingRules,
      }),
    }),
  ),
  status: s.always(
    s.struct('HorizontalPodAutoscalerStatus', {
      observedGeneration: s.pointer(s.int64),
      lastScaleTime: s.time,
      currentReplicas: s.int32,
      desiredReplicas: s.always(s.int32),
      currentMetrics: s.always(s.list(s.any)),
      conditions,
    }),
  ),
});

function defaultRules(behavior: JsonObject): void {
  const up = behavior['scaleUp'];
  const defaults = [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ];
  if (isObject(up)) {
    setDefault(up, 'stabilizationWindowSeconds', 0);
    setDefault(up, 'selectPolicy', 'Max');
    setDefault(up, 'policies', defaults);
  } else {
    behavior['scaleUp'] = {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: defaults,
    };
  }
  const down = behavior['scaleDown'];
  const shrink = [{ type: 'Percent', value: 100, periodSeconds: 15 }];
  if (isObject(down)) {
    setDefault(down, 'selectPolicy', 'Max');
    setDefault(down, 'policies', shrink);
  } else behavior['scaleDown'] = { selectPolicy: 'Max', policies: shrink };
}

function applyDefaults(autoscaler: JsonObject): void {
  const spec = object(autoscaler, 'spec');
  setDefault(spec, 'minReplicas', 1);
  setDefault(spec, 'metrics', [
    {
      type: 'Resource',
      resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
    },
  ]);
  const behavior = spec['behavior'];
  if (isObject(behavior)) defaultRules(behavior);
}

function validateMetrics(spec: JsonObject): FieldError[] {
  return objects(spec, 'metrics').flatMap((item, index) => {
    const target = object(item, 'resource', 'target');
    const utilization = target['averageUtilization'];
    return typeof utilization === 'number' && utilization < 1
      ? [
          invalidValue(
            `spec.metrics[${index}].resource.target.averageUtilization`,
            utilization,
            'must be greater than 0',
          ),
        ]
      : [];
  });
}

function validateBehavior(spec: JsonObject): FieldError[] {
  return ['scaleUp', 'scaleDown'].flatMap((direction) => {
    const field = `spec.behavior.${direction}.stabilizationWindowSeconds`;
    const window = count(spec, ['behavior', direction, 'stabilizationWindowSeconds']);
    if (window > 3600) return [invalidValue(field, window, 'must be less than or equal to 3600')];
    return window < 0 ? [invalidValue(field, window, 'must be greater than or equal to zero')] : [];
  });
}

function validate(autoscaler: JsonObject): FieldError[] {
  const spec = object(autoscaler, 'spec');
  const errors: FieldError[] = [];
  const min = count(spec, ['minReplicas'], 1);
  const max = count(spec, ['maxReplicas']);
  if (min < 1) {
    errors.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  }
  if (max < 1) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  if (max < min) {
    errors.push(
      invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'),
    );
  }
  for (const key of ['kind', 'name']) {
    if (text(spec, 'scaleTargetRef', key) === '')
      errors.push(required(`spec.scaleTargetRef.${key}`));
  }
  errors.push(...validateMetrics(spec));
  const kinds = objects(spec, 'metrics').map((item) => item['type']);
  if (min === 0 && !kinds.includes('Object') && !kinds.includes('External')) {
    errors.push(
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    );
  }
  return [...errors, ...validateBehavior(spec)];
}

/** HorizontalPodAutoscalers of autoscaling/v2. */
export const autoscaler: Resource = {
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  storageVersionHash: 'qwQve8ut294=',
  namespaced: true,
  schema,
  generation: 'none',
  statusSubresource: true,
  scale: false,
  unconditionalUpdate: true,
  nameRule: 'subdomain',
  deleteAnswers: 'status',
  applyDefaults,
  validate,
};
