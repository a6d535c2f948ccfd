// The doctor at the database: reachable and not through the wrong pooler, with rights, a guarded audit trail and a clock like ours.

import { realClock } from '../../adapters/clock.ts';
import { type DatabaseSeen, lookAtDatabase } from '../../adapters/database-look.ts';
import { MigrationError } from '../../adapters/migrate.ts';
import { refusePooler } from '../../adapters/pooler.ts';
import { OperationError } from '../../errors.ts';
import type { Secret } from '../../secret.ts';
import { broken, type Finding, fine, look, unknown } from './finding.ts';

/** Approvals and starts are judged by clocks; more than this is not a slow network. */
const skewMaxMs = 5_000;
/** Older ones were never tried. */
const versionMin = 14;

/** @param now the time here. (Default: the real one.) */
export async function databaseFindings(
  url: Secret,
  migrations: string,
  now: () => Date = () => realClock.now(),
): Promise<readonly Finding[]> {
  return look('database', async () => {
    try {
      await refusePooler(url.reveal());
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      const fix =
        error.code === 'refused'
          ? 'set DATABASE_URL to the address of the server itself, or of a pool with pool_mode = session'
          : 'psql "$DATABASE_URL" --command "select 1", and correct DATABASE_URL until it answers';
      return [
        broken('DATABASE_URL', error.message, fix),
        unknown('rights, audit trail, queue and clock', 'the database cannot be asked'),
      ];
    }
    const direct = fine('DATABASE_URL', 'answers, and no pooler in transaction mode is in the way');
    try {
      const seen = await lookAtDatabase(url.reveal(), migrations, now);
      return [direct, ...findingsOf(seen)];
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      return [direct, broken('migrations', error.message, 'headroom migrate')];
    }
  });
}

function findingsOf(seen: DatabaseSeen): readonly Finding[] {
  return [
    versionFinding(seen),
    rightsFinding(seen),
    migrationsFinding(seen),
    trailFinding(seen),
    queueFinding(seen),
    clockFinding(seen),
    unknown(
      'disk',
      `the database holds ${Math.ceil(seen.bytes / 2 ** 20)} MiB; how much is free, SQL does not tell`,
      'on the database server: df --human-readable "$PGDATA"',
    ),
  ];
}

function versionFinding({ version, isReadOnly }: DatabaseSeen): Finding {
  if (isReadOnly) {
    return broken(
      'version',
      `PostgreSQL ${version}, read only: it is a standby`,
      'set DATABASE_URL to the address of the primary',
    );
  }
  return Number.parseInt(version, 10) >= versionMin
    ? fine('version', `PostgreSQL ${version}`)
    : broken('version', `PostgreSQL ${version}`, `move to PostgreSQL ${versionMin} or newer`);
}

function rightsFinding(seen: DatabaseSeen): Finding {
  const { name, user, schema, mayMakeSchemas, mayMakeTables } = seen;
  const grants = [
    ...(mayMakeSchemas ? [] : [`grant create on database "${name}" to "${user}"`]),
    ...(mayMakeTables
      ? []
      : [`grant usage, create on schema "${schema ?? 'public'}" to "${user}"`]),
  ];
  if (grants.length === 0) return fine('rights', `${user} may make tables and schemas`);
  const lacks = [...(mayMakeSchemas ? [] : ['schemas']), ...(mayMakeTables ? [] : ['tables'])];
  return broken(
    'rights',
    `${user} may not make ${lacks.join(' and ')} in ${name}`,
    `as its owner: psql --dbname '${name}' --command '${grants.join('; ')}'`,
  );
}

function migrationsFinding({ pending }: DatabaseSeen): Finding {
  return pending.length === 0
    ? fine('migrations', 'the tables are up to date')
    : broken('migrations', `to be applied: ${pending.join(', ')}`, 'headroom migrate');
}

function trailFinding({ guards }: DatabaseSeen): Finding {
  const what = 'audit trail';
  if (guards === undefined) return unknown(what, 'its table is not there yet', 'headroom migrate');
  const wanted = ['audit_no_change', 'audit_no_truncate'];
  const on = guards.filter(({ isOn }) => isOn).map(({ name }) => name);
  if (wanted.every((name) => on.includes(name))) {
    return fine(what, 'the database refuses to change, delete and truncate it');
  }
  const off = wanted.filter((name) => !on.includes(name));
  const gone = off.filter((name) => !guards.some((guard) => guard.name === name));
  const sql = [
    ...(gone.includes('audit_no_change')
      ? [
          'create trigger audit_no_change before update or delete on audit_entry for each row execute function audit_is_append_only()',
        ]
      : []),
    ...(gone.includes('audit_no_truncate')
      ? [
          'create trigger audit_no_truncate before truncate on audit_entry for each statement execute function audit_is_append_only()',
        ]
      : []),
    ...(gone.length < off.length ? ['alter table audit_entry enable trigger user'] : []),
  ];
  return broken(
    what,
    `it can be changed: ${off.join(' and ')} ${off.length === 1 ? 'is' : 'are'} ${gone.length > 0 ? 'gone' : 'off'}; find out who did that, and run headroom audit verify`,
    `psql "$DATABASE_URL" --command '${sql.join('; ')}'`,
  );
}

function queueFinding({ pending, waiting }: DatabaseSeen): Finding {
  if (pending.includes('bullmq')) {
    return unknown('queue', 'its tables are not there yet', 'headroom migrate');
  }
  return fine('queue', `${waiting ?? 0} runs wait`);
}

function clockFinding({ aheadMs }: DatabaseSeen): Finding {
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= skewMaxMs) return fine('clock', `${seconds} s from the database's`);
  return broken(
    'clock',
    `the database's is ${seconds} s ${aheadMs > 0 ? 'ahead' : 'behind'}: approvals would end at the wrong time`,
    'on both machines: timedatectl set-ntp true',
  );
}
