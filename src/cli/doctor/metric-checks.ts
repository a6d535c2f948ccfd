// The doctor at Prometheus: reachable, and with every series that the triggers of its systems measure.

import { createMetrics } from '../../adapters/prometheus.ts';
import { OperationError } from '../../errors.ts';
import { promqlNamesOf, type System } from '../../plan/system.ts';
import type { Metrics } from '../../ports.ts';
import { fillPromql } from '../../profile/promql.ts';
import { selectorsIn } from '../../rules/selectors.ts';
import { inParallel } from '../../workflow/in-parallel.ts';
import { broken, type Finding, fine, look, unknown } from './finding.ts';

export interface MetricsAsked {
  readonly clusterId: string;
  readonly url: string | undefined;
  /** Those that run in the cluster it watches. */
  readonly systems: readonly System[];
}

export async function metricFindings({
  clusterId,
  url,
  systems,
}: MetricsAsked): Promise<readonly Finding[]> {
  const measured = systems.flatMap(seriesOf);
  if (url === undefined) {
    return [
      broken(
        'address',
        'nobody said where Prometheus is, so no trigger can be measured',
        `set PROMETHEUS_URL, or clusters.${clusterId}.prometheus in headroom.yaml`,
      ),
    ];
  }
  const metrics = createMetrics({ url });
  const reached = await reach(metrics, url);
  if (reached.state !== 'fine') {
    return [reached, unknown('series', 'Prometheus cannot be asked')];
  }
  const series = [...new Set(measured.flatMap((trigger) => trigger.series))];
  const missing = new Map<string, string>();
  const asked = await look('series', async () => {
    await inParallel(series, async (selector) => {
      const why = await whyMissing(metrics, selector);
      if (why !== undefined) missing.set(selector, why);
    });
    return [];
  });
  return [reached, ...asked, ...measured.map((trigger) => findingOf(trigger, missing, url))];
}

async function reach(metrics: Metrics, url: string): Promise<Finding> {
  try {
    await metrics.query('vector(1)');
    return fine('address', url);
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    const fix = `curl --fail '${url}/api/v1/query?query=1', and correct PROMETHEUS_URL or clusters.*.prometheus`;
    return broken('address', error.message, fix);
  }
}

interface Measured {
  readonly what: string;
  /** Selectors, each as it is written in a query. */
  readonly series: readonly string[];
}

/** What each trigger of a system measures, with the names of its workload in place. */
function seriesOf(system: System): readonly Measured[] {
  return [...system.profile.triggers.values()].flatMap(({ id, component, measure }) => {
    const names = promqlNamesOf(system, component);
    if (names === undefined) return [];
    const promql = fillPromql(measure.promql, names);
    const series = selectorsIn(promql).map(({ start, end }) => promql.slice(start, end));
    return [{ what: `trigger ${id} of ${system.id}`, series: [...new Set(series)] }];
  });
}

async function whyMissing(metrics: Metrics, selector: string): Promise<string | undefined> {
  try {
    const answer = await metrics.query(`count(${selector})`);
    return answer.kind === 'value' ? undefined : 'no such series now';
  } catch (error) {
    if (error instanceof OperationError) return error.message;
    throw error;
  }
}

function findingOf(
  { what, series }: Measured,
  missing: ReadonlyMap<string, string>,
  url: string,
): Finding {
  const first = series.find((selector) => missing.has(selector));
  if (first === undefined) return fine(what, `${series.length} series`);
  const query = first.replaceAll("'", String.raw`'\''`);
  return broken(
    what,
    `${first}: ${missing.get(first) ?? ''}`,
    `scrape it, or correct the names in headroom.yaml and the profile; curl --get '${url}/api/v1/query' --data-urlencode 'query=${query}'`,
  );
}
