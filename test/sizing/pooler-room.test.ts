// What a pooler takes and opens follows from its own settings, PgBouncer's defaults where it has none.

import { expect, it } from 'vitest';
import { poolerRoom } from '../../src/sizing/pooler-room.ts';

const one = { users: 1, databases: 1, pairs: 1 };
const several = { users: 3, databases: 2, pairs: 5 };

it.each([
  ['nothing is said', {}, one, { clients: 100, servers: 20 }],
  [
    'there is a reserve',
    { default_pool_size: '50', reserve_pool_size: '10' },
    one,
    { servers: 60 },
  ],
  ['there are several pools', { default_pool_size: '50' }, several, { servers: 250 }],
  ['a database is bounded', { max_db_connections: '30' }, several, { servers: 60 }],
  ['a user is bounded', { max_user_connections: '10' }, several, { servers: 30 }],
  ['a bound is no limit', { max_db_connections: '0' }, several, { servers: 100 }],
  ['nobody is there yet', {}, { users: 0, databases: 0, pairs: 0 }, { servers: 20 }],
])('where %s', (_, settings, now, room) => {
  expect(poolerRoom(settings, now)).toMatchObject(room);
});

it('is not known where a setting is no number', () => {
  expect(poolerRoom({ max_client_conn: 'many' }, one)).toEqual({
    because: 'max_client_conn is many, which is no number',
  });
});
