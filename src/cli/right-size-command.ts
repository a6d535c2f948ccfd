// `headroom right-size`: what each component of a running system should request by what it used; it looks and changes nothing.

import type { Command } from 'commander';
import { realClock } from '../adapters/clock.ts';
import { Exit } from '../exit.ts';
import { rightSizeTable } from '../message/right-size-table.ts';
import type { System } from '../plan/system.ts';
import type { ClusterConfig } from '../settings/headroom-config.ts';
import { rightSizesJson } from '../sizing/right-size-json.ts';
import { suggestion } from '../words/nearest.ts';
import { rightSizeSystem } from '../workflow/right-size-system.ts';
import { parseWindow, prometheusUrl, workloadReaderAt } from './cluster-access.ts';
import { findTarget, print } from './target.ts';

interface RightSizeOptions {
  readonly window?: string;
  readonly json?: true;
}

/** Adds `right-size`. */
export function addRightSizeCommand(program: Command): void {
  program
    .command('right-size')
    .description('requests and limits that fit what pods used; asks cluster and Prometheus')
    .argument('<system>', 'a system of headroom.yaml, or one part of it as SYSTEM/component')
    .option('--window <duration>', 'how far back to look (Default: what the profile says, or 14d)')
    .option('--json', 'for programs')
    .action(rightSize);
}

async function rightSize(words: string, options: RightSizeOptions): Promise<void> {
  const windowMs = options.window === undefined ? undefined : parseWindow(options.window);
  const [id = '', ...rest] = words.split('/');
  const { system, cluster, title } = await findTarget(id);
  if (system === undefined || cluster === undefined)
    throw new Exit(
      2,
      `${id} is a profile, and it is not known where it runs: name it as a system in headroom.yaml, with its cluster (a context of KUBECONFIG) and Prometheus (PROMETHEUS_URL)`,
    );
  const component = rest.length === 0 ? undefined : componentOf(system, rest.join('/'));
  const { sized, notSized } = await rightSizeSystem(
    system,
    { component, windowMs },
    await partsFor(cluster),
  );
  // Where nothing could be looked at there is no answer, only what was in the way.
  if (sized.length === 0)
    throw new Exit(1, notSized.map((each) => `${each.component}: ${each.because}`).join('\n'));
  print(
    options.json
      ? JSON.stringify(rightSizesJson(id, sized, notSized))
      : rightSizeTable(title, sized, notSized).join('\n'),
  );
}

function componentOf({ id, profile }: System, component: string): string {
  if (profile.components.has(component)) return component;
  throw new Exit(
    2,
    `${id} has no component "${component}"${suggestion(component, profile.components.keys())}`,
  );
}

async function partsFor(cluster: ClusterConfig) {
  const url = cluster.prometheus ?? prometheusUrl();
  if (url === undefined)
    throw new Exit(
      2,
      `no Prometheus is known for cluster ${cluster.id}: set PROMETHEUS_URL, or its prometheus in headroom.yaml`,
    );
  const readWorkload = await workloadReaderAt(cluster);
  const { createMetrics } = await import('../adapters/prometheus.ts');
  const { createCounters } = await import('../adapters/counters.ts');
  const metrics = createMetrics({ url });
  return {
    readWorkload,
    metricsOf: () => metrics,
    clock: realClock,
    counters: createCounters().counters,
  };
}
