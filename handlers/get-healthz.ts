// Alive: the process answers. Nothing outside is asked, so that an outage outside never restarts us.

import type { Context } from 'hono';

export function getHealthz() {
  return (context: Context): Response => context.text('ok');
}
