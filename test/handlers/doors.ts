// The app's own HTTP port over a real store, without Slack, cluster and loops: what the tests of the HTTP handlers knock at.

import type { Server } from 'node:http';
import { serve } from '@hono/node-server';
import { routeHttp } from '../../handlers/index.ts';
import { realClock } from '../../src/adapters/clock.ts';
import { createCounters, createMetricsPage } from '../../src/adapters/counters.ts';
import { createLog } from '../../src/adapters/log.ts';
import { pendingMigrations } from '../../src/adapters/migrate.ts';
import { createPool } from '../../src/adapters/postgres.ts';
import { createStore } from '../../src/adapters/store/store.ts';
import { migrationsDir } from '../../src/load-files.ts';
import type { Store } from '../../src/ports.ts';
import { Secret } from '../../src/secret.ts';
import { receiveAlerts } from '../../src/workflow/receive-alerts.ts';

export const tokens = {
  first: 'first-token-for-alerts',
  second: 'second-token-for-alerts',
} as const;
export const auditToken = 'the-token-of-the-audit-trail';

export interface Doors {
  readonly url: string;
  readonly store: Store;
  /** Lines that were logged. */
  readonly logged: string[];
  close(): Promise<void>;
}

/** Opens the port on 127.0.0.1 over a migrated database. `auditTokens` may be empty, as in the settings. */
export async function openDoors(
  databaseUrl: string,
  { auditTokens = [auditToken] }: { readonly auditTokens?: readonly string[] } = {},
): Promise<Doors> {
  const logged: string[] = [];
  const log = createLog('debug', (line) => logged.push(line));
  const pool = createPool(databaseUrl, (err) => log.warn({ err }, 'a connection broke'));
  const store = createStore(pool);
  const { counters, registry } = createCounters();
  const queue = { add: async () => {}, depth: async () => 3 };
  const http = routeHttp({
    receiveAlerts: receiveAlerts({ store, clock: realClock, counters, log, wake: () => {} }),
    alertmanagerTokens: [new Secret(tokens.first), new Secret(tokens.second)],
    auditTokens: auditTokens.map((token) => new Secret(token)),
    store,
    page: createMetricsPage(registry, { store, queue }),
    whyNotReady: async () => {
      const pending = await pendingMigrations(pool, migrationsDir).catch(() => undefined);
      if (pending === undefined) return 'the database does not answer';
      return pending.length === 0 ? undefined : `migrations are pending: ${pending.join(', ')}`;
    },
    counters,
    log,
  });
  const server = await new Promise<Server>((resolve) => {
    const started = serve({ fetch: http.fetch, hostname: '127.0.0.1', port: 0 }, () =>
      // Without TLS settings it is always node:http's.
      resolve(started as Server),
    );
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    store,
    logged,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      await pool.end();
    },
  };
}

export interface SomeAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
}

export function makeAlert(given: Partial<SomeAlert> = {}): SomeAlert {
  return {
    status: 'firing',
    labels: { alertname: 'InspectionQueueBacklog', namespace: 'greenlang-gl008' },
    annotations: { summary: 'Inspection backlog is 812 jobs' },
    startsAt: '2026-11-22T03:02:11.123456789Z',
    endsAt: '0001-01-01T00:00:00Z',
    fingerprint: 'c0ffee0123456789',
    ...given,
  };
}

/** A delivery as Alertmanager writes it. */
export function makeDelivery(alerts: readonly SomeAlert[]): string {
  return JSON.stringify({
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'headroom',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example:9093',
    alerts: alerts.map((alert) => ({ ...alert, generatorURL: 'http://prometheus.example/graph' })),
  });
}

/** Delivers as Alertmanager does. */
export function post(
  url: string,
  body: string | ReadableStream<Uint8Array>,
  headers: Readonly<Record<string, string>> = { authorization: `Bearer ${tokens.first}` },
): Promise<Response> {
  const streamed = body instanceof ReadableStream ? { duplex: 'half' as const } : {};
  return fetch(`${url}/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
    ...streamed,
  });
}
