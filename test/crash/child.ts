// The app as a process of its own that kills itself at a named point, for tests of what it leaves behind.

import { z } from 'zod';
import { createLog } from '../../src/adapters/log.ts';
import { loadConfig, loadProfiles } from '../../src/load-files.ts';
import { startApp } from '../../src/main.ts';
import { parseEnvironment } from '../../src/settings/environment.ts';

const own = z
  .object({
    MIGRATIONS: z.string(),
    DIE_AT: z.string().optional(),
    /** At which passage it dies. */
    DIE_ON: z.coerce.number().default(1),
  })
  .parse(process.env);
let passages = 0;
const environment = parseEnvironment(process.env);
if (!environment.ok) throw new Error(JSON.stringify(environment.mistakes));
const { settings } = environment;
const profiles = await loadProfiles(settings);
if (!profiles.ok) throw new Error(profiles.mistakes.join('\n'));
const config = await loadConfig(settings, profiles.value);
if (!config.ok) throw new Error(config.mistakes.join('\n'));

const app = await startApp({
  settings,
  config: config.value,
  profiles: profiles.value,
  migrations: own.MIGRATIONS,
  log: createLog('debug', (line) => process.stdout.write(line)),
  checkpoint: (point) => {
    if (point !== own.DIE_AT) return;
    passages += 1;
    if (passages === own.DIE_ON) process.kill(process.pid, 'SIGKILL');
  },
  onBug: (error) => {
    process.stderr.write(`bug: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
});
process.on('SIGTERM', () => {
  app.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`stopping: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
