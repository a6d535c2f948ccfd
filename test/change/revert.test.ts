// When a keeper puts something back, in the words of the card, for every setting that decides it.

import { describe, expect, it } from 'vitest';
import type { Keeper } from '../../src/change/keeper.ts';
import { revertOf } from '../../src/change/revert.ts';
import type { SyncSettings } from '../../src/change/sync-settings.ts';
import { writtenFields } from '../../src/change/written-fields.ts';
import { makeScaleChange, makeSeenDeployment } from '../make.ts';

const replicas = '/spec/replicas';
const argo = { kind: 'argo-cd', name: 'shop' } as const;
const apps = { kind: 'Kustomization', namespace: 'flux-system', name: 'apps' } as const;
const release = { kind: 'HelmRelease', namespace: 'shop', name: 'worker' } as const;

const selfHealing = {
  kind: 'argo-cd',
  automated: true,
  selfHeal: true,
  respectsIgnored: false,
  ignores: [],
} as const satisfies SyncSettings;
const correcting = {
  kind: 'flux',
  suspended: false,
  interval: '10m',
  corrects: true,
  ignores: [],
} as const satisfies SyncSettings;
const unknown = {
  kind: 'unknown',
  because: 'Application argocd/shop is not in this cluster',
} as const;
const rule = { paths: ['/spec/replicas'], managers: [] };

function revert(keeper: Keeper, settings?: SyncSettings, mayHold = false) {
  const fields = [replicas];
  return revertOf({
    kept: { keeper, holds: mayHold ? [] : fields, mayHold: mayHold ? fields : [] },
    written: writtenFields(makeScaleChange()),
    object: {
      ...makeSeenDeployment(undefined, { replicas: 5 }),
      writers: [{ manager: 'kubectl', who: 'kubectl', fields: { 'f:spec': { 'f:replicas': {} } } }],
    },
    settings,
  });
}

const git = 'keeps replicas of Deployment worker as Git has it and sets that back';
const chart = 'keeps replicas of Deployment worker as the chart has it and sets that back';

describe('when it is put back', () => {
  // biome-ignore format: a table
  it.each([
    [argo, selfHealing, 'soon',
     `Argo CD (application shop) ${git} within about 3 minutes, for self-heal is on.`],
    [argo, { ...selfHealing, selfHeal: false }, 'later',
     `Argo CD (application shop) ${git} at its next sync, when Git changes or somebody asks for one.`],
    [argo, { ...selfHealing, automated: false }, 'later',
     `Argo CD (application shop) ${git} when somebody syncs it, for it does not sync by itself.`],
    [argo, { ...selfHealing, ignores: [rule] }, 'later',
     `Argo CD (application shop) ${git} at its next sync, when Git changes or somebody asks for one.`],
    [argo, unknown, 'later',
     `Argo CD (application shop) ${git} within about 3 minutes if self-heal is on, else at its next sync (which of the two is not known: Application argocd/shop is not in this cluster).`],
    [apps, correcting, 'soon',
     `Flux (Kustomization flux-system/apps) ${git} within 10m, its interval.`],
    [apps, { ...correcting, suspended: true }, 'later',
     `Flux (Kustomization flux-system/apps) ${git} once it is resumed.`],
    [apps, unknown, 'later',
     `Flux (Kustomization flux-system/apps) ${git} at its next interval, unless it is suspended (which of the two is not known: Application argocd/shop is not in this cluster).`],
    [release, correcting, 'soon',
     `Flux (HelmRelease shop/worker) ${chart} within 10m, its interval.`],
    [release, { ...correcting, corrects: false }, 'later',
     `Flux (HelmRelease shop/worker) ${chart} at its next upgrade.`],
    [{ kind: 'helm', name: 'worker' }, undefined, 'later',
     `Helm (release worker) ${chart} at its next upgrade.`],
    [{ kind: 'kubectl' }, undefined, 'later',
     'kubectl apply keeps replicas of Deployment worker as the file has it and sets that back when somebody applies that file again.'],
    [{ kind: 'applier', manager: 'Terraform' }, undefined, 'later',
     'Field manager Terraform (server-side apply) keeps replicas of Deployment worker as its source has it and sets that back when it is applied again, by force where that asks about the conflict.'],
    [{ kind: 'owner', ownerKind: 'Pooler', name: 'pool' }, undefined, 'owner',
     'Pooler pool makes Deployment worker and puts it back at once; the change belongs in Pooler pool'],
  ] as const)('by %j with %j: %s', (keeper, settings, when, note) => {
    expect(revert(keeper, settings)).toEqual({ when, note });
  });

  it('is never certain where somebody else wrote the field last', () => {
    expect(revert(argo, selfHealing, true)).toEqual({
      when: 'later',
      note: 'Argo CD (application shop) keeps Deployment worker, and kubectl wrote replicas last. If Git has replicas too, that is set back within about 3 minutes, for self-heal is on.',
    });
  });

  it.each([
    [argo, { ...selfHealing, respectsIgnored: true, ignores: [rule] }],
    [
      argo,
      { ...selfHealing, respectsIgnored: true, ignores: [{ paths: [], managers: ['headroom'] }] },
    ],
    [argo, { ...selfHealing, respectsIgnored: true, ignores: [{ ...rule, kind: 'Deployment' }] }],
    [apps, { ...correcting, ignores: [{ ...rule, paths: ['/spec'] }] }],
  ] as const)('is never, by %j with what it ignores', (keeper, settings) => {
    expect(revert(keeper, settings)).toBeUndefined();
    expect(revert(keeper, settings, true)).toBeUndefined();
  });

  it.each([
    { ...rule, kind: 'StatefulSet' },
    { ...rule, name: 'other' },
    { ...rule, namespace: 'other' },
    { paths: ['/spec/replicasTwo', '/spec/template/*'], managers: ['kubectl'] },
  ])('is not kept from it by a rule for something else: %j', (other) => {
    const settings = { ...correcting, ignores: [other] };
    expect(revert(apps, settings)?.when).toBe('soon');
  });
});
