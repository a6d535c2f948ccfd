// Alertmanager's webhook: 200 only once the alerts are stored, 503 when they cannot be, 400 with what is wrong.

import type { Context } from 'hono';
import { parseDelivery } from '../src/alert/parse-delivery.ts';
import { OperationError } from '../src/errors.ts';
import type { Counters, Log } from '../src/ports.ts';
import type { ReceiveAlerts } from '../src/workflow/receive-alerts.ts';

export function postAlertmanager(door: {
  readonly receiveAlerts: ReceiveAlerts;
  readonly counters: Counters;
  readonly log: Log;
}) {
  return async (context: Context): Promise<Response> => {
    const delivery = parseDelivery(await context.req.text());
    if (!delivery.ok) {
      door.counters.alerts('rejected');
      door.log.warn({ because: delivery.because }, 'a delivery of alerts is malformed');
      return context.json({ error: delivery.because }, 400);
    }
    try {
      return context.json({ stored: await door.receiveAlerts(delivery) }, 200);
    } catch (error) {
      // Alertmanager sends again at once after a 5xx; only trouble outside is answered so, a bug is a 500.
      if (!(error instanceof OperationError)) throw error;
      door.log.warn({ err: error }, 'storing a delivery of alerts');
      return context.json({ error: 'the alerts could not be stored; send them again' }, 503);
    }
  };
}
