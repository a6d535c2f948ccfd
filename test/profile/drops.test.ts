// What a procedure that drops rows for good must say and may not do, with the line and the column of each mistake.
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

const drop = (backup: string) =>
  `database: { dropDetached: { table: readings, column: at, keep: 24${backup} } }`;
const fresh = drop(', backup: { hours: 24 }');

describe('dropping rows', () => {
  it('stands with looks, waits and people, and may measure its backup by a query', () => {
    const asked = drop(
      ', backup: { hours: 6, promql: "(time() - max(backup_last_success)) / 3600" }',
    );
    const lines = [
      '  drop-months:',
      '    - human: "Tell whoever reports on old months"',
      `    - ${fresh}`,
      '    - wait: 1m',
      `    - ${asked}`,
      '    - check: { fact: ready-nodes, atLeast: 1 }',
    ];
    expect(mistakesOf(lines.join('\n'))).toEqual([]);
  });

  it('is refused without a measured backup, and a person’s tick is none', () => {
    const lines = [
      '  drop-months:',
      '    - human: "See that there is a backup"',
      `    - ${drop('')}`,
    ];
    expect(mistakesOf(lines.join('\n'))).toEqual([
      expect.stringMatching(/^3:.*a person’s tick is not enough: backup: \{ hours: 24 \}/),
    ]);
  });

  it.each([', backup: { hours: 0 }', ', backup: { hours: 1000 }', ', backup: {}'])(
    'is refused with a backup that is never fresh or never old: %s',
    (backup) => {
      expect(mistakesOf(`  one:\n    - ${drop(backup)}`)).toHaveLength(1);
    },
  );

  it('is a plan of its own: another change beside it is named with its line', () => {
    const lines = [
      '  drop-months:',
      `    - ${fresh}`,
      '    - scale: { component: api, to: 3 }',
      '    - database: { partitions: { table: readings, column: at, ahead: 3, keep: 12 } }',
    ];
    expect(mistakesOf(lines.join('\n'))).toEqual([
      '3:7: dropping rows is a plan of its own: put this change elsewhere',
      '4:7: dropping rows is a plan of its own: put this change elsewhere',
    ]);
  });

  it('is never part of an emergency, and not daily', () => {
    expect(mistakesOf(`  one: { emergency: true, steps: [{ ${fresh} }] }`)).toEqual([
      expect.stringContaining('an emergency never drops rows'),
    ]);
    expect(mistakesOf(`  one: { daily: "02:00", steps: [{ ${fresh} }] }`)).toEqual([
      expect.stringContaining('when somebody asks for it'),
    ]);
  });

  it('fills no names into the query of its backup', () => {
    const named = drop(', backup: { hours: 6, promql: "age{namespace=\\"$namespace\\"}" }');
    expect(mistakesOf(`  one:\n    - ${named}`)).toEqual([
      expect.stringContaining('nothing fills in "$namespace" here'),
    ]);
  });
});
