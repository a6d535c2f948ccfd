// Alerts: stored once each, however often Alertmanager delivers them.

import { z } from 'zod';
import type { StoredAlert, Transaction } from '../../ports.ts';
import type { Sql } from '../postgres.ts';
import { countRow, present } from './rows.ts';

const alertRow = z.object({
  id: z.string(),
  fingerprint: z.string(),
  starts_at: z.string(),
  status: z.enum(['firing', 'resolved']),
  ends_at: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  system: z.string().nullable(),
  component: z.string().nullable(),
  trigger: z.string().nullable(),
  plan_id: z.string().nullable(),
  deliveries: z.number(),
  received_at: z.date(),
  last_seen_at: z.date(),
});
const alertColumns = Object.keys(alertRow.shape).join(', ');

function storedAlert(row: z.infer<typeof alertRow>): StoredAlert {
  const { starts_at, ends_at, plan_id, received_at, last_seen_at, ...rest } = row;
  return present({
    ...rest,
    startsAt: starts_at,
    endsAt: ends_at,
    planId: plan_id,
    receivedAt: received_at,
    lastSeenAt: last_seen_at,
  });
}

/**
 * An alert is over when its end was delivered after it was last delivered as firing: an alert that Alertmanager took for
 * over, because Prometheus could not reach it, fires again with the same start.
 */
function endOf(firing: string, end: string): string {
  return `${end}.fingerprint = ${firing}.fingerprint and ${end}.starts_at = ${firing}.starts_at
    and ${end}.status = 'resolved' and ${end}.last_seen_at >= ${firing}.last_seen_at`;
}

export function alertsOn(sql: Sql): Transaction['alerts'] {
  return {
    async store(alerts, at) {
      // One statement for all of them: 10,000 alerts are one round trip. Within a delivery the last of equals wins.
      const unique = new Map(
        alerts.map((a) => [`${a.fingerprint}\n${a.startsAt}\n${a.status}`, a]),
      );
      const rows = await sql.rows(
        z.object({ fresh: z.boolean() }),
        `insert into alert (fingerprint, starts_at, status, ends_at, labels, annotations, received_at, last_seen_at)
         select x.fingerprint, x."startsAt", x.status, x."endsAt", x.labels, x.annotations, $2, $2
           from jsonb_to_recordset($1::jsonb) as x
                (fingerprint text, "startsAt" text, status text, "endsAt" text, labels jsonb, annotations jsonb)
          order by x.fingerprint, x."startsAt", x.status
         on conflict (fingerprint, starts_at, status) do update
            set deliveries = alert.deliveries + 1, last_seen_at = excluded.last_seen_at,
                annotations = excluded.annotations, pending = true
         returning (xmax = 0) as fresh`,
        [JSON.stringify([...unique.values()]), at],
      );
      const fresh = rows.filter((row) => row.fresh).length;
      return { fresh, known: alerts.length - fresh };
    },
    async pending(limit) {
      const rows = await sql.rows(
        alertRow,
        `select ${alertColumns} from alert where pending order by id limit $1`,
        [limit],
      );
      return rows.map(storedAlert);
    },
    async claim(ids) {
      const rows = await sql.rows(
        alertRow,
        `select ${alertColumns} from alert where id = any ($1) and pending order by id for update skip locked`,
        [ids],
      );
      return rows.map(storedAlert);
    },
    async done(ids, result) {
      if (result.kind === 'unrouted') {
        await sql.run(
          'update alert set pending = false, system = null, note = $2 where id = any ($1)',
          [ids, result.note],
        );
        return;
      }
      await sql.run(
        `update alert set pending = false, system = $2, component = $3, trigger = $4,
                plan_id = coalesce($5, plan_id), note = $6 where id = any ($1)`,
        [
          ids,
          result.system,
          result.component,
          result.trigger ?? null,
          result.planId ?? null,
          result.note ?? null,
        ],
      );
    },
    async planOf(alert) {
      const rows = await sql.rows(
        z.object({ plan_id: z.string().nullable() }),
        `select plan_id from alert where fingerprint = $1 and starts_at = $2 and status = 'firing'`,
        [alert.fingerprint, alert.startsAt],
      );
      return rows[0]?.plan_id ?? undefined;
    },
    async endedAmong(ids) {
      const rows = await sql.rows(
        z.object({ id: z.string() }),
        `select f.id from alert f
           join alert r on ${endOf('f', 'r')}
          where f.id = any ($1)`,
        [ids],
      );
      return new Set(rows.map((row) => row.id));
    },
    async ofPlan(planId) {
      const rows = await sql.rows(
        z.object({
          alertname: z.string(),
          fingerprint: z.string(),
          startsAt: z.string(),
          resolvedAt: z.string().nullable(),
          deliveries: z.number(),
        }),
        `select coalesce(f.labels ->> 'alertname', 'alert without a name') as alertname, f.fingerprint,
                f.starts_at as "startsAt", r.ends_at as "resolvedAt", f.deliveries
           from alert f
           left join alert r on ${endOf('f', 'r')}
          where f.plan_id = $1 and f.status = 'firing' order by f.id`,
        [planId],
      );
      return rows.map((row) => present(row));
    },
    async firingFor({ target, system, component }) {
      return sql.rows(
        z.object({
          alertname: z.string(),
          fingerprint: z.string(),
          startsAt: z.string(),
          deliveries: z.number(),
        }),
        `select coalesce(f.labels ->> 'alertname', 'alert without a name') as alertname, f.fingerprint,
                f.starts_at as "startsAt", f.deliveries
           from alert f
          where f.status = 'firing'
            and ((f.system = $2 and f.component = $3) or f.plan_id in (select id from plan where target = $1))
            and not exists (select from alert r where ${endOf('f', 'r')})
          order by f.id`,
        [target, system, component],
      );
    },
    async move(fromPlan, toPlan) {
      await sql.run('update alert set plan_id = $2 where plan_id = $1', [fromPlan, toPlan]);
    },
    async reopenOthers(planId, trigger) {
      await sql.run(
        `update alert a set pending = true where plan_id = $1 and status = 'firing' and trigger is distinct from $2
           and not exists (select from alert r where ${endOf('a', 'r')})`,
        [planId, trigger ?? null],
      );
    },
    async forget(before) {
      return sql.run(
        `delete from alert a where last_seen_at < $1 and not pending and not exists
           (select from plan p where p.id = a.plan_id and p.state in ('proposed', 'approved', 'applying', 'unknown'))`,
        [before],
      );
    },
    async reopen(planId) {
      await sql.run(
        `update alert a set pending = true where plan_id = $1 and status = 'firing' and not exists
           (select from alert r where ${endOf('a', 'r')})`,
        [planId],
      );
    },
    async unrouted(limit) {
      const where = `system is null and not pending and status = 'firing'
        and not exists (select from alert r where ${endOf('alert', 'r')})`;
      const newest = await sql.rows(
        alertRow,
        `select ${alertColumns} from alert where ${where} order by last_seen_at desc, id desc limit $1`,
        [limit],
      );
      const [total] = await sql.rows(
        countRow,
        `select count(*) as count from alert where ${where}`,
      );
      return { count: total?.count ?? 0, newest: newest.map(storedAlert) };
    },
  };
}
