// Where an alert belongs: by its labels, by headroom.yaml, or nowhere, and then it is said why.

import { describe, expect, it } from 'vitest';
import { routeAlert } from '../../src/alert/route.ts';
import { emptyProfile } from '../../src/profile/empty-profile.ts';
import { makeAlert, makeSystem, makeSystems } from '../make.ts';

const traps = makeSystem();
const staging = makeSystem({ id: 'staging', routes: [] });
const systems = makeSystems(traps, staging);
const labelled = { headroom_system: 'steam-traps', headroom_component: 'worker' };
const backlog = { alertname: 'InspectionQueueBacklog', namespace: 'greenlang-gl008' };
const cpu = { alertname: 'HighCPUUtilization', namespace: 'greenlang-gl008' };

describe('an alert is routed', () => {
  // biome-ignore format: a table
  it.each([
    ['by both labels',                         { ...backlog, ...labelled },                                       'steam-traps', 'inspection-backlog'],
    ['by its system alone, when that is clear', { ...backlog, headroom_system: 'staging' },                       'staging',     'inspection-backlog'],
    ['by both labels, from any namespace',     { ...backlog, ...labelled, namespace: 'elsewhere' },               'steam-traps', 'inspection-backlog'],
    ['by a match in headroom.yaml',            backlog,                                                           'steam-traps', 'inspection-backlog'],
    ['by labels before any match',             { ...backlog, headroom_system: 'staging' },                        'staging',     'inspection-backlog'],
    ['to the component its label says',        { ...cpu, ...labelled },                                           'steam-traps', 'high-cpu-worker'],
  ])('%s', (_, labels, system, trigger) => {
    expect(routeAlert(labels, systems)).toMatchObject({
      kind: 'routed',
      system: { id: system },
      trigger: { id: trigger },
    });
  });

  it('to the component of its trigger', () => {
    expect(routeAlert(makeAlert().labels, systems)).toMatchObject({ component: 'worker' });
    expect(routeAlert(backlog, systems)).toMatchObject({ component: 'worker' });
  });
});

describe('an alert that names an autoscaler', () => {
  const shop = makeSystem({
    id: 'shop',
    wholeNamespace: 'shop',
    profile: emptyProfile,
    routes: [{ alertname: 'WebTooSmall', namespace: 'shop' }],
  });
  const copy = makeSystem({ ...shop, id: 'shop-staging', cluster: 'staging', routes: [] });
  const all = makeSystems(traps, shop);
  const maxed = { alertname: 'KubeHpaMaxedOut', namespace: 'shop', horizontalpodautoscaler: 'web' };

  // biome-ignore format: a table
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['of a namespace without a profile, by its labels',        maxed,                                                                   { autoscaler: 'web' }],
    ['whatever it is called',                                  { ...maxed, alertname: 'OurOwnAlert' },                                  { autoscaler: 'web' }],
    ['by its system',                                          { ...maxed, headroom_system: 'shop' },                                   { autoscaler: 'web' }],
    ['by its system and a Deployment',                         { namespace: 'shop', headroom_system: 'shop', deployment: 'web' },       { deployment: 'web' }],
    ['by headroom.yaml and a Deployment',                      { alertname: 'WebTooSmall', namespace: 'shop', deployment: 'web' },      { deployment: 'web' }],
    ['by its autoscaler before its Deployment',                { ...maxed, headroom_system: 'shop', deployment: 'other' },              { autoscaler: 'web' }],
  ])('is looked up %s', (_, labels, by) => {
    expect(routeAlert(labels, all)).toEqual({
      kind: 'autoscaler',
      cluster: 'production',
      namespace: 'shop',
      by,
      among: [shop],
    });
  });

  it('in a namespace of components is looked up there, among all that have it', () => {
    const both = makeSystems(traps, makeSystem({ ...shop, wholeNamespace: 'greenlang-gl008' }));
    const labels = { ...maxed, namespace: 'greenlang-gl008' };
    expect(routeAlert(labels, both)).toMatchObject({
      kind: 'autoscaler',
      among: [{ id: 'steam-traps' }, { id: 'shop' }],
    });
  });

  it('and has a trigger is answered by that', () => {
    const labels = { ...backlog, horizontalpodautoscaler: 'worker-hpa' };
    expect(routeAlert(labels, all)).toMatchObject({ kind: 'routed', component: 'worker' });
  });

  // biome-ignore format: a table
  it.each<[string, Record<string, string>, RegExp]>([
    ['from a namespace of nobody',                   { ...maxed, namespace: 'kube-system' },                      /no system in headroom.yaml matches/],
    ['without a namespace',                          { alertname: 'A', horizontalpodautoscaler: 'web' },          /no system in headroom.yaml matches/],
    ['by a Deployment alone',                        { alertname: 'A', namespace: 'shop', deployment: 'web' },    /no system in headroom.yaml matches/],
    ['for a system with another namespace',          { ...maxed, namespace: 'greenlang-gl008', headroom_system: 'shop' }, /^system shop has no profile: it answers alerts of its namespace that name/],
    ['for a system without a profile, by nothing',   { alertname: 'A', namespace: 'shop', headroom_system: 'shop' },      /^system shop has no profile/],
    ['by a name that is a path',                     { ...maxed, horizontalpodautoscaler: '../secrets/token' },   /^its label horizontalpodautoscaler is no name of a Kubernetes object$/],
    ['by a name that is nothing',                    { ...maxed, horizontalpodautoscaler: '' },                   /no name of a Kubernetes object/],
    ['by a name that is too long',                   { ...maxed, horizontalpodautoscaler: 'a'.repeat(254) },      /no name of a Kubernetes object/],
    ['by a name with a line in it',                  { ...maxed, horizontalpodautoscaler: 'web\nweb' },           /no name of a Kubernetes object/],
  ])('is not routed %s', (_, labels, because) => {
    expect(routeAlert(labels, all)).toEqual({ kind: 'unrouted', because: expect.stringMatching(because) });
  });

  it('of a namespace in two clusters must say which', () => {
    expect(routeAlert(maxed, makeSystems(shop, copy))).toEqual({
      kind: 'unrouted',
      because:
        'systems shop and shop-staging have that namespace in different clusters; the label headroom_system must say which',
    });
    const labels = { ...maxed, headroom_system: 'shop-staging' };
    expect(routeAlert(labels, makeSystems(shop, copy))).toMatchObject({ cluster: 'staging' });
  });
});

describe('an alert is not routed', () => {
  // biome-ignore format: a table
  it.each([
    ['without labels',                          {},                                                   /no system in headroom.yaml matches/],
    ['from another namespace',                  { ...backlog, namespace: 'other' },                   /no system in headroom.yaml matches/],
    ['without a namespace',                     { alertname: backlog.alertname },                     /no system in headroom.yaml matches/],
    ['with another name',                       { ...backlog, alertname: 'DiskFull' },                /no system in headroom.yaml matches/],
    ['with a name in other letters',            { ...backlog, alertname: 'inspectionqueuebacklog' },  /no system in headroom.yaml matches/],
    ['for a system that is not there',          { ...backlog, headroom_system: 'boilers' },           /names no system of headroom.yaml/],
    ['for a system named like a property',      { ...backlog, headroom_system: '__proto__' },         /names no system of headroom.yaml/],
    ['for an empty system',                     { ...backlog, headroom_system: '' },                  /names no system of headroom.yaml/],
    ['for a trigger the profile does not have', { alertname: 'DiskFull', ...labelled },               /^profile gl-008 has no trigger with this alertname for that headroom_component$/],
    ['for another component',                   { ...backlog, ...labelled, headroom_component: 'api-gateway' }, /for that headroom_component/],
    ['when it fits several components',         { ...cpu, headroom_system: 'steam-traps' },           /it fits \d+ components of steam-traps; the label headroom_component must say which/],
  ] as const)('%s', (_, labels, because) => {
    expect(routeAlert(labels, systems)).toEqual({
      kind: 'unrouted',
      because: expect.stringMatching(because),
    });
  });

  it('when two systems match it', () => {
    const two = makeSystems(traps, makeSystem({ id: 'other' }));
    expect(routeAlert(backlog, two)).toEqual({
      kind: 'unrouted',
      because: 'systems steam-traps and other both match it',
    });
  });

  it('and no reason repeats what the alert says of itself', () => {
    const hostile = '<!channel> look';
    for (const labels of [
      { alertname: hostile, namespace: hostile },
      { alertname: hostile, headroom_system: hostile },
      { alertname: hostile, headroom_system: 'steam-traps', headroom_component: hostile },
    ]) {
      expect(JSON.stringify(routeAlert(labels, systems))).not.toContain('channel');
    }
  });
});
