// Which rights changes need, and how a missing one is named.

import { expect, it } from 'vitest';
import { missingRight, rightsOf } from '../../src/change/access.ts';
import { makeAutoscalerChange, makePatchChange, makeScaleChange, makeWorkload } from '../make.ts';

const brief = (change: Parameters<typeof rightsOf>[0]) =>
  rightsOf(change).map(
    ({ verb, group, resource, subresource, name }) =>
      `${verb} ${group}/${resource}${subresource === undefined ? '' : `/${subresource}`} ${name}`,
  );

it('names a right for each request a change and its undo make', () => {
  expect(brief(makeScaleChange())).toEqual(['patch apps/deployments/scale worker']);
  expect(brief(makeAutoscalerChange())).toEqual([
    'patch autoscaling/horizontalpodautoscalers worker-hpa',
  ]);
  expect(brief(makePatchChange())).toEqual(['patch apps/deployments worker']);
  const create = {
    kind: 'create',
    workload: makeWorkload(),
    object: { ...makeWorkload(), kind: 'ConfigMap', name: 'settings' },
    fields: { data: {} },
    rollout: false,
    floor: false,
    undo: 'exact',
  } as const;
  expect(brief(create)).toEqual([
    'patch /configmaps settings',
    'create /configmaps settings',
    'delete /configmaps settings',
  ]);
  expect(brief({ ...create, undo: 'none' })).toHaveLength(2);
});

it('says where a right is missing and what grants it', () => {
  const [right] = rightsOf(makeScaleChange());
  if (right === undefined) throw new Error('a scale needs a right');
  expect(missingRight(right)).toBe(
    'Headroom may not patch deployments/scale in namespace greenlang-gl008 of cluster production; a Role there must grant its account apiGroups ["apps"], resources ["deployments/scale"], verbs ["patch"]',
  );
});
