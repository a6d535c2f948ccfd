// Checks that every way to write a procedure or a checklist wrongly is found, with its line and its column.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../src/profile/parse-profile.ts';
import { formatMistake } from '../../src/yaml/parse-yaml.ts';
import { readFixture } from './read-fixture.ts';

const shop = readFixture('small.yaml');
const firstLine = shop.split('\n').length + 1;

/** Mistakes as `line:column: message`, the line counted from the first one after `procedures:`. */
function mistakesOf(lines: string): readonly string[] {
  const parsed = parseProfile(`${shop}procedures:\n${lines}\n`, 'p');
  if (parsed.ok) return [];
  return parsed.mistakes.map((mistake) =>
    formatMistake({ ...mistake, file: '', line: mistake.line - firstLine + 1 }).slice(1),
  );
}

const inSteps = (step: string) => mistakesOf(`  one:\n    - ${step}`);

describe('a procedure', () => {
  it('is a list of steps, or says more about itself', () => {
    expect(mistakesOf('  one: [{ wait: 1m }]')).toEqual([]);
    expect(mistakesOf('  one: { title: One, daily: "22:00", steps: [{ wait: 1m }] }')).toEqual([]);
  });

  it('takes the steps that the design shows', () => {
    const text = [
      '  high-load:',
      '    - scale: { component: api, atLeast: 9, step: 2, wait: 120s, gate: { http: health } }',
      '    - human: "Tell the on-call engineer"',
    ].join('\n');
    expect(mistakesOf(text)).toEqual([]);
  });

  it.each([
    ['  one: []', '1:8: expected at least 1 entries, found a list'],
    [
      '  one: { titel: One, steps: [{ wait: 1m }] }',
      '1:10: unknown key "titel"; did you mean "title"?',
    ],
    [
      '  one: { daily: "25:00", steps: [{ wait: 1m }] }',
      '1:17: expected a time of the day, such as 22:00',
    ],
    ['  One: [{ wait: 1m }]', '1:3: expected a name of lower-case letters, digits and dashes'],
    [
      '  one: { emergency: true, steps: [{ database: { restart: true } }] }',
      '1:58: an emergency never restarts a database',
    ],
    [
      '  one: { emergency: true, steps: [{ database: { replicas: 2 } }] }',
      '1:59: an emergency never adds or takes away replicas',
    ],
  ])('%s is answered with what is wrong', (text, mistake) => {
    expect(mistakesOf(text)).toEqual([mistake]);
  });
});

describe('a step', () => {
  it.each([
    [
      '{}',
      '2:7: a step has one key that names its kind: scale, pods, autoscaler, config, env, restart, apply, storage, database, check, wait, human',
    ],
    [
      '{ wait: 1m, human: Wait }',
      '2:19: "wait" and "human" are two steps: each begins with its own dash',
    ],
    ['{ scael: { component: api, to: 3 } }', '2:9: unknown key "scael"; did you mean "scale"?'],
    ['scale: { component: apu, to: 3 }', '2:27: there is no component "apu"; did you mean "api"?'],
    ['scale: { component: api }', '2:7: say how many pods: atLeast, or to, and not both'],
    [
      'scale: { component: api, to: 3, atLeast: 3 }',
      '2:7: say how many pods: atLeast, or to, and not both',
    ],
    ['scale: { component: api, to: 3, wait: 1m }', '2:7: a wait between steps needs step'],
    ['scale: { component: api, to: three }', '2:36: expected a number or {formula: "…"}'],
    [
      'scale: { component: api, to: { formula: ceil(user) } }',
      '2:52: there is no "user" here; did you mean "users"?',
    ],
    ['scale: { component: api, to: { formula: "1 +" } }', '2:51: unexpected token: EOF'],
    ['scale: { component: api, to: { formula: 3 / users, unit: m } }', '2:58: unknown key "unit"'],
    ['pods: { component: api }', '2:7: say which requests, limits or extended resources'],
    [
      'pods: { component: api, requests: { cpu: lots } }',
      '2:48: expected a Kubernetes quantity such as 500m or 2, found "lots"',
    ],
    [
      'pods: { component: api, requests: { cpu: 1 }, rollout: with-next }',
      '2:62: no later step changes the pods of "api"',
    ],
    ['autoscaler: { component: api }', '2:7: say min, max or variant'],
    [
      'autoscaler: { component: api, variant: api-hp }',
      '2:46: "api" has no autoscaler "api-hp"; did you mean "api-hpa"?',
    ],
    ['env: { component: api }', '2:7: say which variables to set, or graceSeconds'],
    ['config: { component: api, name: "{usr}", set: {} }', '2:39: there is no "usr" here'],
    [
      'database: {}',
      '2:7: say what is done: settings, restart, indexes, partitions, dropDetached, hypertable, tables, replicas, pooler, shards',
    ],
    [
      'database: { replicas: 2, restart: true }',
      '2:7: restart and replicas are steps of their own',
    ],
    [
      'database: { settings: { Work Mem: 1 } }',
      '2:31: expected a name of lower-case letters, digits, underscores and dots',
    ],
    [
      'database: { shards: { count: 2, by: id, map: { component: apu, config: m, key: k } } }',
      '2:65: there is no component "apu"; did you mean "api"?',
    ],
    ['wait: 10', '2:13: expected a duration such as 10m, or {for: 10m}'],
    [
      'wait: ten minutes',
      '2:13: expected a duration such as 30s, 10m or 1h30m, found "ten minutes"',
    ],
    ['wait: { for: 1m, whn: users > 1 }', '2:24: unknown key "whn"; did you mean "when"?'],
    ['human: { who: Ann }', '2:7: "do" is missing'],
    [
      'human: { do: Tell, check: { fact: ready-nodes } }',
      '2:41: say above, atLeast, below or atMost which number',
    ],
    [
      'restart: { component: api, when: replicas }',
      '2:40: the result is a number, not true or false',
    ],
  ])('%s is answered with what is wrong', (step, mistake) => {
    expect(inSteps(step)).toEqual([mistake]);
  });
});

describe('what is looked at', () => {
  it.each([
    ['check: { within: 1m }', '2:7: it looks at nothing: name http, promql, fact or rollout'],
    ['check: { http: not an endpoint }', '2:22: expected the name of an endpoint, a path or a URL'],
    ['check: { http: health, above: 3 }', '2:37: "above" belongs to promql or fact'],
    ['check: { promql: up }', '2:24: say above, atLeast, below or atMost which number'],
    [
      'check: { promql: up, above: 1, atMost: 3 }',
      '2:46: "above" and "atMost": one of them is meant',
    ],
    [
      'check: { promql: up, fact: ready-nodes, above: 1 }',
      '2:34: promql and fact are two checks: make two steps of it',
    ],
    ['check: { promql: up, above: 1, status: 200 }', '2:46: a status belongs to http'],
    [
      'check: { promql: "up{n=\\"$namespace\\"}", above: 1 }',
      '2:24: name the component that fills in its names',
    ],
    [
      'check: { component: api, promql: "up{n=\\"$namespac\\"}", above: 1 }',
      '2:40: nothing fills in "$namespac"; did you mean "namespace"?',
    ],
    ['check: { rollout: true }', '2:25: name the component whose pods are meant'],
    ['check: { fact: ready-pods, atLeast: 1 }', '2:22: name the component whose fact it is'],
    [
      'check: { fact: ready-nodes, database: main, atLeast: 1 }',
      '2:45: a database belongs to a fact of databases',
    ],
    [
      'restart: { component: api, gate: { component: apu, rollout: true } }',
      '2:53: there is no component "apu"; did you mean "api"?',
    ],
    [
      'restart: { component: api, gate: {} }',
      '2:34: it looks at nothing: name http, promql, fact or rollout',
    ],
  ])('%s is answered with what is wrong', (step, mistake) => {
    expect(inSteps(step)).toEqual([mistake]);
  });

  it('may be several things at once', () => {
    const step =
      'restart: { component: api, gate: { rollout: true, http: /health, promql: up, atLeast: 1, within: 5m } }';
    expect(inSteps(step)).toEqual([]);
  });
});

describe('inputs of a procedure', () => {
  const withInput = (input: string, use = 'wait: 1m') =>
    mistakesOf(`  one:\n    inputs: { ${input} }\n    steps: [{ ${use} }]`);

  it.each([
    ['users: { type: integer }', '2:15: the profile has a "users" already'],
    ['replicas: { type: integer }', '2:15: "replicas" has a meaning of its own'],
    ['reason: { type: text, form: words }', '2:15: "reason" has a meaning of its own'],
    ['to: { type: integer, min: 5, max: 3 }', '2:41: min 5 is above max 3'],
    ['to: { type: integer, default: nothing }', '2:45: there is no "nothing" here'],
    [
      'to: { type: integer, podsOf: apu }',
      '2:44: there is no component "apu"; did you mean "api"?',
    ],
    ['to: { type: name }', '2:27: expected integer, number or text, found "name"'],
    [
      'host: { type: text, form: name, default: A B }',
      '2:56: expected a name of lower-case letters, digits and dashes',
    ],
  ])('%s is answered with what is wrong', (input, mistake) => {
    expect(withInput(input)).toEqual([mistake]);
  });

  it('can be used by its steps, and by the inputs after them', () => {
    const use = 'human: "{a} {b} {who}"';
    const fine =
      'a: { type: integer }, b: { type: integer, default: a * 2 }, who: { type: text, form: words }';
    expect(withInput(fine, use)).toEqual([]);
    const early = 'b: { type: integer, default: a * 2 }, a: { type: integer }';
    expect(withInput(early)).toEqual([expect.stringContaining('there is no "a" here')]);
  });

  it('that are texts are no numbers', () => {
    const who = 'who: { type: text, form: words }';
    expect(withInput(who, 'scale: { component: api, to: { formula: who } }')).toEqual([
      expect.stringContaining('there is no "who" here'),
    ]);
  });

  it('make formulas that divide by what may be 0 a mistake', () => {
    const use = 'scale: { component: api, to: { formula: 10 / a } }';
    expect(withInput('a: { type: integer, min: 1 }', use)).toEqual([]);
    expect(withInput('a: { type: integer }', use)).toEqual([
      expect.stringContaining('no finite value when every input is at its least'),
    ]);
  });
});

describe('a checklist', () => {
  const list = (items: string) =>
    mistakesOf(`  one: [{ wait: 1m }]\nchecklists:\n  list: ${items}`);

  it('is a list of sentences, with checks where there are some', () => {
    expect(list('[Look, { say: Count, check: { fact: ready-nodes, atLeast: 5 } }]')).toEqual([]);
  });

  it.each([
    ['[{ say: Count, chek: 3 }]', '3:24: unknown key "chek"; did you mean "check"?'],
    [
      '[{ say: Count, check: { fact: ready-nodes, atLeast: { formula: users } } }]',
      '3:72: there is no "users" here',
    ],
    ['[{ say: Count, check: { rollout: true } }]', '3:42: name the component whose pods are meant'],
  ])('%s is answered with what is wrong', (items, mistake) => {
    expect(list(items)).toEqual([mistake]);
  });

  it('does not share its name with a procedure', () => {
    expect(mistakesOf('  one: [{ wait: 1m }]\nchecklists:\n  one: [Look]')).toEqual([
      '3:3: there is a procedure "one"',
    ]);
  });
});
