// Where an alert belongs: by its labels, by headroom.yaml, or nowhere, and then it is said why.

import { describe, expect, it } from 'vitest';
import { routeAlert } from '../../src/alert/route.ts';
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
