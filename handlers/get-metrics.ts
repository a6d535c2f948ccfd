// What Headroom says about itself, in Prometheus' text format.

import type { Context } from 'hono';

export interface MetricsPage {
  readonly contentType: string;
  text(): Promise<string>;
}

export function getMetrics({ page }: { readonly page: MetricsPage }) {
  return async (context: Context): Promise<Response> =>
    context.body(await page.text(), 200, { 'content-type': page.contentType });
}
