// The sandbox cluster must answer what a real Kubernetes 1.36 answered; what it does not yet answer is listed with a reason.
import { readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import notReplayedJson from './not-replayed.json' with { type: 'json' };
import type { Exception } from './player.ts';
import { isSkipped, Player } from './player.ts';
import { preparations } from './preparations.ts';
import { readScenario } from './scenario.ts';

const notReplayed = z
  .object({
    recorded: z.array(z.string()),
    scenarios: z.array(z.object({ file: z.string(), reason: z.string().min(10) })),
    steps: z.array(
      z.object({
        file: z.string(),
        step: z.number(),
        reason: z.string().min(10),
        ignore: z.array(z.string()).optional(),
        hurry: z.boolean().optional(),
        shortened: z.boolean().optional(),
      }),
    ),
  })
  .parse(notReplayedJson);

/** These numbers may fall; they rise only together with a reason in the list. */
const scenariosLeftMax = 0;
const stepsLeftMax = 14;

const fixtures = new URL('../../fixtures/kubernetes/', import.meta.url);
const files = (await readdir(fixtures))
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.replace(/\.json$/, ''));

function exceptionsOf(file: string): Exception[] {
  return notReplayed.steps
    .filter((item) => item.file === file)
    .map(({ ignore, hurry, shortened, ...rest }) => ({
      ...rest,
      ...(ignore === undefined ? {} : { ignore }),
      ...(hurry === undefined ? {} : { hurry }),
      ...(shortened === undefined ? {} : { shortened }),
    }));
}

describe('the list of what is not replayed', () => {
  test('every recorded scenario is either replayed or listed with a reason', () => {
    const listed = notReplayed.scenarios.map(({ file }) => file);
    expect([...files, ...listed].toSorted()).toEqual(notReplayed.recorded.toSorted());
  });

  test('the list does not grow', () => {
    const skipped = files.flatMap(exceptionsOf).filter(isSkipped);
    expect(notReplayed.scenarios.length).toBeLessThanOrEqual(scenariosLeftMax);
    expect(skipped.length).toBeLessThanOrEqual(stepsLeftMax);
  });

  test('every listed step exists', async () => {
    for (const { file, step } of notReplayed.steps) {
      const { steps } = await readScenario(file);
      expect(steps[step], `${file} step ${step}`).toBeDefined();
    }
  });
});

describe('the sandbox answers as the real server did', () => {
  test.each(files)('in %s', async (file) => {
    const player = new Player(await readScenario(file), exceptionsOf(file), preparations[file]);
    expect((await player.play()).join('\n')).toBe('');
  });
});
