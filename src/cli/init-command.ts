// `headroom profile init`: writes the first profile of a live Deployment to standard output, and on standard error what is open in it.

import type { Command } from 'commander';
import { realClock } from '../adapters/clock.ts';
import type { ClusterAddress } from '../adapters/kubernetes-config.ts';
import { Exit } from '../exit.ts';
import { promqlNames, unknownPromqlNames } from '../profile/promql.ts';
import { suggestion } from '../words/nearest.ts';
import { draftProfile } from '../workflow/draft-profile.ts';
import { parseWindow, prometheusUrl, workloadReaderAt } from './cluster-access.ts';

interface InitOptions {
  readonly fromCluster: string;
  readonly container?: string;
  readonly context?: string;
  readonly prometheus?: string;
  readonly window: string;
  readonly rate?: string;
}

const rateCharsMax = 4000;

/** Adds the command beside `profile validate`. */
export function addInitCommand(profile: Command): void {
  profile
    .command('init')
    .description('write a first profile from a live Deployment, its autoscaler and Prometheus')
    .requiredOption('--from-cluster <namespace/deployment>', 'what to look at')
    .option('--container <name>', 'which container, where a pod has several')
    .option('--context <name>', 'the context of the kubeconfig (Default: its current one)')
    .option('--prometheus <url>', 'where to ask (Default: PROMETHEUS_URL)')
    .option('--window <duration>', 'how far back to look', '14d')
    .option(
      '--rate <promql>',
      'the requests per second of all its pods together (Default: the usual HTTP counters)',
    )
    .action(init);
}

async function init(options: InitOptions): Promise<void> {
  const { namespace, name } = parseTarget(options.fromCluster);
  const windowMs = parseWindow(options.window);
  const rate = options.rate === undefined ? undefined : parseRate(options.rate);
  const url = prometheusUrl(options.prometheus);
  const cluster = options.context ?? 'cluster';
  const { createCounters } = await import('../adapters/counters.ts');
  const draft = await draftProfile(
    {
      ref: { cluster, namespace, kind: 'Deployment', name },
      windowMs,
      ...(options.container !== undefined && { container: options.container }),
      ...(rate !== undefined && { rate }),
    },
    {
      readWorkload: await workloadReaderAt(addressOf(cluster, options.context)),
      ...(url !== undefined && { prometheus: await prometheusAt(url) }),
      clock: realClock,
      counters: createCounters().counters,
    },
  );
  if (draft.kind === 'misuse') throw new Exit(2, draft.because);
  process.stdout.write(draft.text);
  process.stderr.write(['Still open in this profile:', ...draft.open].join('\n  ').concat('\n'));
}

// The client is large, and most commands do without it.
async function prometheusAt(url: string) {
  const { createMetrics, createSeriesReader } = await import('../adapters/prometheus.ts');
  return { readSeries: createSeriesReader({ url }), metricsOf: () => createMetrics({ url }) };
}

function addressOf(id: string, context: string | undefined): ClusterAddress {
  return {
    id,
    namedBy: context === undefined ? 'the current context' : '--context',
    ...(context !== undefined && { context }),
  };
}

function parseTarget(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = '', ...rest] = text.split('/');
  const isName = (part: string) => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(part);
  if (rest.length === 0 && isName(namespace) && isName(name)) return { namespace, name };
  throw new Exit(2, `--from-cluster: "${text}" should be NAMESPACE/DEPLOYMENT`);
}

function parseRate(text: string): string {
  const rate = text.trim();
  if (rate === '' || rate.length > rateCharsMax)
    throw new Exit(2, `--rate: it should be PromQL of at most ${rateCharsMax} characters`);
  const [unknown] = unknownPromqlNames(rate);
  if (unknown === undefined) return rate;
  throw new Exit(2, `--rate: nothing fills in "$${unknown}"${suggestion(unknown, promqlNames)}`);
}
