// `headroom profile init`: writes the first profile of a live Deployment to standard output, and on standard error what is open in it.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { realClock } from '../adapters/clock.ts';
import { Exit } from '../exit.ts';
import { parseDurationMs } from '../profile/duration.ts';
import { promqlNames, unknownPromqlNames } from '../profile/promql.ts';
import { suggestion } from '../words/nearest.ts';
import { draftProfile } from '../workflow/draft-profile.ts';

interface InitOptions {
  readonly fromCluster: string;
  readonly container?: string;
  readonly context?: string;
  readonly prometheus?: string;
  readonly window: string;
  readonly rate?: string;
}

/** Below, no daily pattern is seen; above, Prometheus rarely keeps anything. */
const windowMsMin = 3_600_000;
const windowMsMax = 365 * 24 * 3_600_000;
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
      readWorkload: await workloadReader(cluster, options.context),
      ...(url !== undefined && { prometheus: await prometheusAt(url) }),
      clock: realClock,
      counters: createCounters().counters,
    },
  );
  if (draft.kind === 'misuse') throw new Exit(2, draft.because);
  process.stdout.write(draft.text);
  process.stderr.write(['Still open in this profile:', ...draft.open].join('\n  ').concat('\n'));
}

// These clients are large, and most commands do without them.

async function prometheusAt(url: string) {
  const { createMetrics, createSeriesReader } = await import('../adapters/prometheus.ts');
  return { readSeries: createSeriesReader({ url }), metricsOf: () => createMetrics({ url }) };
}

async function workloadReader(id: string, context: string | undefined) {
  const { kubeconfigMistakes } = await import('../adapters/kubernetes-config.ts');
  const { createWorkloadReader } = await import('../adapters/kubernetes-live.ts');
  const address = {
    id,
    namedBy: context === undefined ? 'the current context' : '--context',
    ...(context !== undefined && { context }),
  };
  const kubeconfig = kubeconfigPath();
  const mistakes = kubeconfigMistakes([address], kubeconfig);
  if (mistakes.length > 0) throw new Exit(2, mistakes.join('\n'));
  return createWorkloadReader(address, kubeconfig);
}

/** As kubectl does it: the variable, else the file in the home folder; in a pod its service account. */
function kubeconfigPath(): string | undefined {
  const named = process.env['KUBECONFIG']?.trim();
  if (named !== undefined && named !== '') return named;
  return process.env['KUBERNETES_SERVICE_HOST'] === undefined
    ? join(homedir(), '.kube', 'config')
    : undefined;
}

function parseTarget(text: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = '', ...rest] = text.split('/');
  const isName = (part: string) => /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(part);
  if (rest.length === 0 && isName(namespace) && isName(name)) return { namespace, name };
  throw new Exit(2, `--from-cluster: "${text}" should be NAMESPACE/DEPLOYMENT`);
}

function parseWindow(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= windowMsMin && ms <= windowMsMax) return ms;
  throw new Exit(2, `--window: "${text}" should be a duration from 1h to 365d, such as 14d`);
}

function parseRate(text: string): string {
  const rate = text.trim();
  if (rate === '' || rate.length > rateCharsMax)
    throw new Exit(2, `--rate: it should be PromQL of at most ${rateCharsMax} characters`);
  const [unknown] = unknownPromqlNames(rate);
  if (unknown === undefined) return rate;
  throw new Exit(2, `--rate: nothing fills in "$${unknown}"${suggestion(unknown, promqlNames)}`);
}

function prometheusUrl(option: string | undefined): string | undefined {
  const text = option ?? (process.env['PROMETHEUS_URL']?.trim() || undefined);
  if (text === undefined) return undefined;
  const where = option === undefined ? 'PROMETHEUS_URL' : '--prometheus';
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Exit(2, `${where}: it should be an address such as https://prometheus.example.com`);
}
