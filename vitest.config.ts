import { defineConfig } from 'vitest/config';
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

export default defineConfig({
  test: {
    testTimeout: 90_000,
    hookTimeout: 120_000,
    // Most tests wait for clocks and other processes three times longer than they compute.
    maxWorkers: 4,
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
