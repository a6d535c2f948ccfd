import { defineConfig } from 'vitest/config';
import { useMemoryFolder } from './test/memory-folder.ts';

useMemoryFolder();

/** Folders whose tests keep nothing between files: they share one load of the libraries, which is most of their time. */
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
    // Most tests wait for clocks and other processes more than they compute.
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'pure', include: pure, isolate: false } },
      {
        extends: true,
        test: {
          name: 'world',
          include: ['test/**/*.test.ts'],
          exclude: pure,
          isolate: false,
          globalSetup: ['test/global-setup.ts'],
        },
      },
    ],
  },
});
