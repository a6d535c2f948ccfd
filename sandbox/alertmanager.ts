// A small Alertmanager: takes what the Prometheus stand-in says is true and posts it in webhook format version 4, as the real one does.
import type { PrometheusControl } from './prometheus/control.ts';

type Labels = Readonly<Record<string, string>>;

export interface AlertmanagerOptions {
  readonly prometheus: Pick<PrometheusControl, 'tick' | 'alerts'>;
  /** Stands in each alert as the place it came from. (Default: none.) */
  readonly prometheusUrl?: string;
  readonly webhook: { readonly url: string; readonly token: string };
  /** (Default: alertname and namespace.) */
  readonly groupBy?: readonly string[];
  /** How often rules are looked at; 0: only when `evaluate()` is called. (Default: 500.) */
  readonly evaluateMs?: number;
  /** A group that still fires is sent again after this long. (Default: four hours, as in the real one.) */
  readonly repeatMs?: number;
  /** (Default: the real one.) */
  readonly clock?: { now(): Date };
}

/** One attempt to deliver. `answered` is the HTTP status, 0 when there was no answer. */
export interface AlertDelivery {
  readonly status: 'firing' | 'resolved';
  readonly body: WebhookBody;
  readonly answered: number;
}

export interface RunningAlertmanager {
  /** Every attempt, oldest first. */
  readonly deliveries: readonly AlertDelivery[];
  /** Looks at the rules now; resolves when everything due has been tried once more. */
  evaluate(): Promise<void>;
  /** Takes nothing new and waits for the delivery at work. */
  stop(): Promise<void>;
}

/** The webhook's body, as far as it is used. */
export interface WebhookBody {
  readonly version: '4';
  readonly receiver: string;
  readonly status: 'firing' | 'resolved';
  readonly groupKey: string;
  readonly truncatedAlerts: number;
  readonly groupLabels: Labels;
  readonly commonLabels: Labels;
  readonly commonAnnotations: Labels;
  readonly externalURL: string;
  readonly alerts: readonly WebhookAlert[];
}

export interface WebhookAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
  readonly fingerprint: string;
}

interface Group {
  readonly key: string;
  readonly labels: Labels;
  readonly alerts: Map<string, WebhookAlert>;
  /** Something has changed that nobody was told yet. */
  isDue: boolean;
  sentAtMs: number;
  failures: number;
  retryAtMs: number;
}

const noEnd = '0001-01-01T00:00:00Z';
const repeatMsDefault = 4 * 3_600_000;
const answerTimeoutMs = 10_000;
/** The real one starts with half a second, too, and doubles. */
const retryMs = 500;
const retryMsMax = 10_000;

export function startAlertmanager(options: AlertmanagerOptions): RunningAlertmanager {
  const alertmanager = new Alertmanager(options);
  const everyMs = options.evaluateMs ?? 500;
  const timer =
    everyMs === 0 ? undefined : setInterval(() => void alertmanager.evaluate(), everyMs).unref();
  return {
    deliveries: alertmanager.deliveries,
    evaluate: () => alertmanager.evaluate(),
    stop: async () => {
      clearInterval(timer);
      await alertmanager.stop();
    },
  };
}

class Alertmanager {
  readonly deliveries: AlertDelivery[] = [];
  readonly #options: AlertmanagerOptions;
  readonly #groups = new Map<string, Group>();
  readonly #stopping = new AbortController();
  #atWork: Promise<void> = Promise.resolve();

  constructor(options: AlertmanagerOptions) {
    this.#options = options;
  }

  /** Evaluations queue up behind each other, so that a slow receiver never gets two deliveries at once. */
  evaluate(): Promise<void> {
    this.#atWork = this.#atWork.then(() => this.#pass());
    return this.#atWork;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#atWork;
  }

  async #pass(): Promise<void> {
    if (this.#stopping.signal.aborted) return;
    this.#options.prometheus.tick();
    this.#takeIn();
    for (const group of this.#groups.values()) {
      if (this.#isTimeFor(group)) await this.#deliver(group);
    }
  }

  get #nowMs(): number {
    return this.#options.clock?.now().getTime() ?? Date.now();
  }

  /** Brings the groups up to date with what Prometheus says now. */
  #takeIn(): void {
    const now = new Date(this.#nowMs).toISOString();
    const firing = new Map(
      this.#options.prometheus
        .alerts()
        .filter(({ state }) => state === 'firing')
        .map((alert) => [fingerprintOf(alert.labels), alert]),
    );
    for (const [fingerprint, { labels, annotations }] of firing) {
      const group = this.#groupOf(labels);
      const known = group.alerts.get(fingerprint);
      const isNew = known === undefined || known.status === 'resolved';
      if (isNew) group.isDue = true;
      group.alerts.set(fingerprint, {
        status: 'firing',
        labels,
        annotations,
        startsAt: isNew ? now : known.startsAt,
        endsAt: noEnd,
        generatorURL: generatorUrl(this.#options.prometheusUrl, labels),
        fingerprint,
      });
    }
    for (const group of this.#groups.values()) {
      for (const [fingerprint, alert] of group.alerts) {
        if (alert.status === 'resolved' || firing.has(fingerprint)) continue;
        group.alerts.set(fingerprint, { ...alert, status: 'resolved', endsAt: now });
        group.isDue = true;
      }
    }
  }

  #groupOf(labels: Labels): Group {
    const names = this.#options.groupBy ?? ['alertname', 'namespace'];
    const groupLabels = pick(labels, names);
    const pairs = Object.entries(groupLabels).map(([name, value]) => `${name}="${value}"`);
    const key = `{}:{${pairs.join(', ')}}`;
    const group = this.#groups.get(key) ?? {
      key,
      labels: groupLabels,
      alerts: new Map(),
      isDue: false,
      sentAtMs: 0,
      failures: 0,
      retryAtMs: 0,
    };
    this.#groups.set(key, group);
    return group;
  }

  #isTimeFor(group: Group): boolean {
    if (group.alerts.size === 0) return false;
    if (group.isDue) return this.#nowMs >= group.retryAtMs;
    return this.#nowMs - group.sentAtMs >= (this.#options.repeatMs ?? repeatMsDefault);
  }

  async #deliver(group: Group): Promise<void> {
    const body = bodyOf(group);
    const answered = await this.#post(body);
    if (this.#stopping.signal.aborted) return;
    this.deliveries.push({ status: body.status, body, answered });
    if (answered === 0 || answered >= 500) {
      group.isDue = true;
      group.retryAtMs = this.#nowMs + Math.min(retryMs * 2 ** group.failures, retryMsMax);
      group.failures += 1;
      return;
    }
    // A 4xx is not tried again before the group's next turn; the receiver would say the same.
    group.isDue = false;
    group.failures = 0;
    group.retryAtMs = 0;
    group.sentAtMs = this.#nowMs;
    for (const alert of body.alerts) {
      if (alert.status === 'resolved') group.alerts.delete(alert.fingerprint);
    }
  }

  async #post(body: WebhookBody): Promise<number> {
    const { url, token } = this.#options.webhook;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Alertmanager/0.28.0 (sandbox)',
          authorization: `Bearer ${token}`,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(answerTimeoutMs)]),
      });
      await response.body?.cancel();
      return response.status;
    } catch {
      // Whatever went wrong on the way, there was no answer, and that is tried again.
      return 0;
    }
  }
}

function bodyOf({ key, labels, alerts }: Group): WebhookBody {
  const all = [...alerts.values()];
  const status = all.some((alert) => alert.status === 'firing') ? 'firing' : 'resolved';
  return {
    receiver: 'headroom',
    status,
    alerts: all,
    groupLabels: labels,
    commonLabels: common(all.map((alert) => alert.labels)),
    commonAnnotations: common(all.map((alert) => alert.annotations)),
    externalURL: 'http://alertmanager.sandbox:9093',
    version: '4',
    groupKey: key,
    truncatedAlerts: 0,
  };
}

function generatorUrl(prometheusUrl: string | undefined, { alertname = '' }: Labels): string {
  if (prometheusUrl === undefined) return '';
  const expression = encodeURIComponent(`ALERTS{alertname="${alertname}"}`);
  return `${prometheusUrl}/graph?g0.expr=${expression}&g0.tab=1`;
}

function pick(labels: Labels, names: readonly string[]): Labels {
  const picked = Object.entries(labels).filter(([name]) => names.includes(name));
  return Object.fromEntries(picked.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function common(all: readonly Labels[]): Labels {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((one) => one[name] === value)),
  );
}

/** Prometheus' own fingerprint of a label set: FNV-1a over names and values in the order of the names. */
export function fingerprintOf(labels: Labels): string {
  const separator = 0xff;
  let sum = 0xcbf29ce484222325n;
  const add = (byte: number): void => {
    sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  };
  for (const name of Object.keys(labels).toSorted()) {
    for (const byte of Buffer.from(name)) add(byte);
    add(separator);
    for (const byte of Buffer.from(labels[name] ?? '')) add(byte);
    add(separator);
  }
  return sum.toString(16).padStart(16, '0');
}
