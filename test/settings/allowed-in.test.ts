// What headroom.yaml allows to be written in each cluster: what it says, or else where its systems run.

import { expect, it } from 'vitest';
import { allowedIn } from '../../src/settings/allowed-in.ts';
import { assembleSystems, parseHeadroomConfig } from '../../src/settings/headroom-config.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { makeProfile } from '../make.ts';

const profiles = new Map([['gl-008', makeProfile()]]);

function parse(clusters: string) {
  const text = `
clusters: { ${clusters}, other: {} }
systems:
  traps: { profile: gl-008, cluster: c, channel: C0ABC, workloads: { worker: { namespace: batch } } }
  shop: { cluster: c, namespace: shop, channel: C0ABC }
`;
  return parseHeadroomConfig(text, 'headroom.yaml', profiles);
}

function allowed(clusters: string) {
  const parsed = parse(clusters);
  if (!parsed.ok) throw new Error(parsed.mistakes.map(formatMistake).join('\n'));
  return allowedIn(parsed.value, assembleSystems(parsed.value, profiles));
}

it('without a word it is where the systems of a cluster run, and the usual kinds', () => {
  expect(allowed('c: {}').get('c')).toEqual({
    namespaces: ['batch', 'greenlang-gl008', 'shop'],
    kinds: ['Deployment', 'StatefulSet', 'HorizontalPodAutoscaler', 'ScaledObject'],
  });
  expect(allowed('c: {}').get('other')?.namespaces).toEqual([]);
});

it('what headroom.yaml says counts, each of the two by itself', () => {
  expect(allowed('c: { allow: { namespaces: [shop], kinds: [ConfigMap] } }').get('c')).toEqual({
    namespaces: ['shop'],
    kinds: ['ConfigMap'],
  });
  expect(allowed('c: { allow: { kinds: [Deployment] } }').get('c')).toEqual({
    namespaces: ['batch', 'greenlang-gl008', 'shop'],
    kinds: ['Deployment'],
  });
});

it('a kind that Headroom cannot write is a mistake at start', () => {
  expect(parse('c: { allow: { kinds: [Secret] } }').ok).toBe(false);
});
