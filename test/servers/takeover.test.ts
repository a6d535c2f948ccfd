// After a failover the address of the primary may lead to a server that is a standby by now, with the same system_identifier.

import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { write } from './deeds.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget({ standby: true });
});
afterAll(() => target.close());

it('a setting of the primary is not written on what is a standby by now', async () => {
  const deed: SqlDeed = { deed: 'setting', name: 'work_mem', after: '20MB', running: '4MB' };
  const { databases } = target.way({ url: target.standby?.url('shop') ?? '' });
  expect(await write(target, deed, { databases })).toEqual({
    kind: 'refused',
    because: 'database main is a standby by now; draw the plan anew',
  });
  const onStandby = { how: 'sql', database: { ...target.ref, standby: 'one' }, deed } as const;
  expect(await target.databases.write(onStandby, { dryRun: false })).toEqual({ kind: 'written' });
});
