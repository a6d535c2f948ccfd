import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { useMemoryFolder } from './test/memory-folder.ts';

useMemoryFolder();

/** Folders whose tests need no database. */
const pure = [
  'alert',
  'approval',
  'audit',
  'change',
  'chart',
  'command',
  'database',
  'lease',
  'message',
  'plan',
  'profile',
  'rules',
  'schedule',
  'settings',
  'sizing',
  'words',
  'yaml',
].map((folder) => `test/${folder}/**/*.test.ts`);

/** Whole stories wait longest: begun last they are waited for alone, and all at once they wait for each other. */
class OneStoryBesideOthers extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- it is no array that is sorted here
    const sorted = await super.sort(files);
    const isStory = ({ moduleId }: TestSpecification) =>
      /\/test\/(?:conversation|crash|simulation|servers)\//.test(moduleId);
    // A worker that goes from one project to the other loads everything anew.
    const world = sorted.filter(({ project }) => project.name === 'world');
    const stories = world.filter(isStory);
    const others = world.filter((file) => !isStory(file));
    const beside = stories.flatMap((story, index) => [
      story,
      ...others.slice(2 * index, 2 * index + 2),
    ]);
    const needNone = sorted.filter((file) => !world.includes(file));
    return [...needNone, ...beside, ...others.slice(2 * stories.length)];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: OneStoryBesideOthers },
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Most tests wait for clocks and other processes three times longer than they compute.
    maxWorkers: 5,
    // Files keep nothing for each other, so they share one load of the libraries, which took a third of the time.
    isolate: false,
    projects: [
      { extends: true, test: { name: 'pure', include: pure } },
      {
        extends: true,
        test: {
          name: 'world',
          include: ['test/**/*.test.ts'],
          exclude: pure,
          globalSetup: ['test/global-setup.ts'],
        },
      },
    ],
  },
});
