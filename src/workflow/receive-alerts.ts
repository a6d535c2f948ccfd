// Stores a delivery of alerts before it is answered: a 200 means it is durable.

import type { Delivery } from '../alert/parse-delivery.ts';
import type { Parts } from './parts.ts';

export type ReceiveAlerts = (
  delivery: Extract<Delivery, { ok: true }>,
) => Promise<{ readonly fresh: number; readonly known: number }>;

export function receiveAlerts(
  parts: Pick<Parts, 'store' | 'clock' | 'counters' | 'wake' | 'log'>,
): ReceiveAlerts {
  return async ({ alerts, truncated }) => {
    const stored = await parts.store.transaction((tx) =>
      tx.alerts.store(alerts, parts.clock.now()),
    );
    parts.counters.alerts('fresh', stored.fresh);
    parts.counters.alerts('known', stored.known);
    if (truncated > 0) {
      parts.counters.limitMet('alerts in a delivery');
      parts.log.warn(
        { truncated },
        'Alertmanager left alerts out of a delivery; raise max_alerts of its webhook receiver',
      );
    }
    parts.wake('alerts');
    return stored;
  };
}
