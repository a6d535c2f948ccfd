// Plans stay off the server that Headroom keeps its own state on, whoever would change it.

import { expect, it } from 'vitest';
import { OperationError } from '../../src/errors.ts';
import { restartProcedure } from '../../src/plan/restart-procedure.ts';
import type { Databases } from '../../src/ports.ts';
import { whyOwnServer } from '../../src/workflow/own-server.ts';
import { makeDatabasePlace, makeSystem, noDatabases, people } from '../make.ts';

const window = { at: '02:00', minutes: 120, timezone: 'UTC', days: [] };
const restart = { statefulSet: 'db', approvers: [people.ann], window };
const connection = { env: 'MAIN_URL' };

async function because(isOwn: Databases['isOwn'], restarts: readonly string[], operated?: string) {
  const place = makeDatabasePlace({ connection, restart, ...(operated && { operated }) });
  const system = makeSystem({ databases: new Map([['main', place]]) });
  const plan = restartProcedure(
    { database: 'main', settings: { work_mem: '8MB' }, restart },
    system,
  );
  return await whyOwnServer(plan, system, { databases: { ...noDatabases, isOwn }, restarts });
}

it('is neither restarted nor changed by its operator', async () => {
  const own = async () => true;
  expect(await because(own, ['main'])).toContain('its own state on, which it never changes');
  expect(await because(own, [], 'db')).toContain('its own state on');
  // SQL is refused where it is written.
  expect(await because(own, [])).toBeUndefined();
});

it('is another one where it does not answer', async () => {
  const away = new OperationError('it is away', { code: 'unavailable', retryable: true });
  expect(await because(() => Promise.reject(away), ['main'])).toBeUndefined();
  expect(await because(async () => false, ['main'])).toBeUndefined();
});
