// How commands of the terminal reach a cluster and its Prometheus, and how far back they look; the large clients are loaded only then.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ClusterAddress } from '../adapters/kubernetes-config.ts';
import { Exit } from '../exit.ts';
import type { WorkloadReader } from '../ports.ts';
import { parseDurationMs } from '../profile/duration.ts';

/** Below, no daily pattern is seen; above, Prometheus rarely keeps anything. */
const windowMsMin = 3_600_000;
const windowMsMax = 365 * 24 * 3_600_000;

/** Reads workloads of one cluster. @throws Exit in words when the kubeconfig does not lead there. */
export async function workloadReaderAt(address: ClusterAddress): Promise<WorkloadReader> {
  const { kubeconfigMistakes } = await import('../adapters/kubernetes-config.ts');
  const { createWorkloadReader } = await import('../adapters/kubernetes-live.ts');
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

/** Where Prometheus is: what the option says, else `PROMETHEUS_URL`; undefined when nobody said. */
export function prometheusUrl(option?: string): string | undefined {
  const text = option ?? (process.env['PROMETHEUS_URL']?.trim() || undefined);
  if (text === undefined) return undefined;
  const where = option === undefined ? 'PROMETHEUS_URL' : '--prometheus';
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new Exit(2, `${where}: it should be an address such as https://prometheus.example.com`);
}

/** The value of `--window` in milliseconds. */
export function parseWindow(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms >= windowMsMin && ms <= windowMsMax) return ms;
  throw new Exit(2, `--window: "${text}" should be a duration from 1h to 365d, such as 14d`);
}
