// Ready to take alerts: the database answers and its tables are up to date. Slack, clusters and metrics do not count.

import type { Context } from 'hono';

/** Answers why the app is not ready, or undefined. */
export type WhyNotReady = () => Promise<string | undefined>;

export function getReadyz({ whyNotReady }: { readonly whyNotReady: WhyNotReady }) {
  return async (context: Context): Promise<Response> => {
    const because = await whyNotReady();
    return because === undefined ? context.text('ready') : context.text(because, 503);
  };
}
