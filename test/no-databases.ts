// Databases for tests in which nothing is in one: nothing is connected, and whoever asks is told so.

import { createDatabases } from '../src/adapters/databases.ts';

export const noDatabases = createDatabases({
  systems: new Map(),
  secretOf: () => Promise.reject(new Error('nobody asks for a secret here')),
  ownServer: async () => 'none',
});
