// Plays a recorded scenario against a sandbox cluster and reports where the answers differ; one long class, because a step needs all that the steps before it left behind.
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Json, JsonObject } from '../../../sandbox/cluster/json.ts';
import { isList, isObject, text } from '../../../sandbox/cluster/json.ts';
import type { Cluster } from '../../../sandbox/cluster/server.ts';
import { adminToken, startCluster } from '../../../sandbox/cluster/server.ts';
import type { Difference, Manner } from './compare.ts';
import { describeDifferences, differences, learn, translate } from './compare.ts';
import { HandClock } from './hand-clock.ts';
import type { Scenario, Step } from './scenario.ts';
import { OpenStream } from './scenario.ts';

/** A step that is not compared, or only in part. */
export interface Exception {
  readonly file: string;
  readonly step: number;
  readonly reason: string;
  /** Parts of the answer that are left out; without them, `shortened` and `hurry` the step is not played at all. */
  readonly ignore?: readonly string[];
  /** The recorded lists were shortened: more in the answer is fine. */
  readonly shortened?: boolean;
  /** The recorded client was faster than the controllers: nothing is awaited before the step. */
  readonly hurry?: boolean;
}

/** Whether a step is not played at all. */
export const isSkipped = ({ ignore, hurry, shortened }: Exception): boolean =>
  ignore === undefined && hurry !== true && shortened !== true;

/** What a scenario needs besides its steps, before the step of that number. */
export type Preparations = Readonly<
  Record<number, (cluster: Cluster, wait: (ms: number) => void) => void>
>;

/** What controllers write lags behind, so the answer to a write shows it at some moment or other. */
const laggingInWrites = [
  ...[
    'observedGeneration',
    'replicas',
    'readyReplicas',
    'updatedReplicas',
    'currentReplicas',
    'availableReplicas',
    'unavailableReplicas',
    'terminatingReplicas',
  ].map((counter) => `status/${counter}`),
  'metadata/annotations/deployment.kubernetes.io/revision',
];
/** Time moves in steps of this size while a recorded state is awaited. */
const stepMs = 50;
/** A recorded state must be reached within this much of the sandbox's time. */
const deadlineMs = 40_000;
/** Nothing changed for this long: settled. */
const quietMs = 1500;

/** The generated name of a pod of a Deployment. */
const recordedPod =
  /\b([a-z0-9-]+)-[bcdfghjklmnpqrstvwxz2456789]{7,10}-[bcdfghjklmnpqrstvwxz2456789]{5}\b/g;

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Json;
}

const parseBody = (body: string): Json => {
  try {
    const parsed: Json = JSON.parse(body);
    return parsed;
  } catch {
    return body;
  }
};

/** Plays one scenario. */
export class Player {
  private readonly scenario: Scenario;
  private readonly exceptions: readonly Exception[];
  private readonly preparations: Preparations;
  private readonly known = new Map<string, string>();
  private readonly tokens = new Map<string, string>();
  private readonly clock = new HandClock();
  private readonly mistakes: string[] = [];
  private readonly readsSinceWrite: Step[] = [];
  private cluster!: Cluster;

  constructor(
    scenario: Scenario,
    exceptions: readonly Exception[],
    preparations: Preparations = {},
  ) {
    this.scenario = scenario;
    this.exceptions = exceptions;
    this.preparations = preparations;
  }

  /** Plays all steps. Returns a description of every step whose answer differs. */
  async play(): Promise<string[]> {
    this.cluster = await startCluster({
      clock: this.clock,
      autoTick: false,
      nodes: { count: 2, cpu: '32', memory: '128Gi', pods: '500' },
      timings: { startMs: 200, readyMs: 0, stopMs: 200, autoscalerMs: 5000 },
    });
    try {
      this.prepareNamespaces();
      for (let index = 0; index < this.scenario.steps.length; index += 1) {
        index += await this.playStep(index);
      }
    } finally {
      await this.cluster.stop();
    }
    return this.mistakes;
  }

  private prepareNamespaces(): void {
    const { steps } = this.scenario;
    const made = steps
      .filter(({ request, response }) => response.status === 201 && request.method === 'POST')
      .filter(({ request }) => request.path === '/api/v1/namespaces')
      .map(({ request }) => text(request.body, 'metadata', 'name'));
    for (const { request, response } of steps) {
      const name = /\/namespaces\/([^/?]+)/.exec(request.path)?.[1] ?? '';
      const missing = name === '' || name.includes('nowhere') || made.includes(name);
      if (!missing && response.status !== 405) {
        this.cluster.control.ensureNamespace(name);
      }
    }
  }

  /** Plays the step and those it spans. Returns how many it spanned. */
  private async playStep(index: number): Promise<number> {
    const step = this.scenario.steps[index];
    if (step === undefined) return 0;
    this.preparations[index]?.(this.cluster, (ms) => this.wait(ms));
    const exception = this.exceptions.find((item) => item.step === index);
    const streams = isList(step.response.body);
    if (exception !== undefined && isSkipped(exception)) return 0;
    if (streams) return this.playWatch(index, step);
    if (step.request.method === 'GET') await this.playRead(index, step);
    else await this.playWrite(index, step);
    return 0;
  }

  private hurries(index: number): boolean {
    return this.exceptions.some(({ step, hurry }) => step === index && hurry === true);
  }

  private mannerOf(index: number, step: Step): Manner {
    const exception = this.exceptions.find((item) => item.step === index);
    return {
      cut:
        exception?.shortened === true ||
        /\bcut\b|two of the/.test(step.note ?? '') ||
        /items of lists are cut/.test(this.cutNotes(index)),
      withoutStatus: (this.scenario.cut ?? '').includes('status'),
      ignored: [
        ...(exception?.ignore ?? []),
        ...(step.request.method === 'GET' ? [] : laggingInWrites),
      ],
    };
  }

  private cutNotes(index: number): string {
    return this.scenario.steps
      .slice(0, index + 1)
      .map(({ note }) => note ?? '')
      .filter((note) => note.startsWith('from here on'))
      .join('; ');
  }

  private check(index: number, step: Step, answer: Answer): Difference[] {
    const manner = this.mannerOf(index, step);
    const found = differences(step.response.body, answer.body, manner);
    if (answer.status !== step.response.status) {
      found.unshift({
        path: 'HTTP status',
        recorded: step.response.status,
        answered: answer.status,
      });
    }
    for (const name of ['content-type', 'warning', 'retry-after']) {
      const recorded = flat(step.response.headers[name]);
      const answered = flat(answer.headers[name]);
      if (recorded !== answered && !manner.ignored.includes(`header/${name}`)) {
        found.push({ path: `header ${name}`, recorded, answered });
      }
    }
    return found;
  }

  private async playRead(index: number, step: Step): Promise<void> {
    let best: Difference[] | undefined;
    for (let waited = 0; waited <= deadlineMs; waited += stepMs) {
      const answer = await this.send(step);
      const found = this.check(index, step, answer);
      if (best === undefined || found.length < best.length) best = found;
      if (found.length === 0) {
        learn(step.response.body, answer.body, this.known);
        this.readsSinceWrite.push(step);
        return;
      }
      if (step.response.status >= 400 && answer.status === step.response.status) break;
      this.move();
    }
    this.report(index, step, best ?? []);
  }

  private async playWrite(index: number, step: Step): Promise<void> {
    if (!this.hurries(index)) await this.settleAndReadAgain();
    const answer = await this.send(step);
    const found = this.check(index, step, answer);
    if (found.length > 0) this.report(index, step, found);
    learn(step.response.body, answer.body, this.known);
    this.keepToken(step, answer);
  }

  /** A token given out for a service account is what its later requests carry. */
  private keepToken({ request }: Step, { body }: Answer): void {
    const [, namespace, name] =
      /\/namespaces\/([^/]+)\/serviceaccounts\/([^/]+)\/token$/.exec(request.path) ?? [];
    const token = text(body, 'status', 'token');
    if (token !== '') this.tokens.set(`system:serviceaccount:${namespace}:${name}`, token);
  }

  private async playWatch(index: number, step: Step): Promise<number> {
    const spans = step.spans ?? 0;
    if (spans > 0) await this.settleAndReadAgain();
    const stream = await this.open(step);
    // Watches opened inside the span of another one are played within it.
    for (let next = index + 1; next <= index + spans; next += 1) next += await this.playStep(next);
    const recorded = isList(step.response.body) ? step.response.body : [];
    let found: Difference[] = [];
    for (let waited = 0; waited <= deadlineMs; waited += stepMs) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      found = this.checkEvents(index, step, recorded, stream.events);
      const over = step.response.endedBy === 'server' ? stream.ended : true;
      if (found.length === 0 && over) break;
      if (step.response.endedBy === 'server' && !stream.ended) {
        await stream.end;
        found = this.checkEvents(index, step, recorded, stream.events);
        break;
      }
      this.move();
    }
    stream.close();
    if (found.length > 0) this.report(index, step, found);
    return spans;
  }

  /** Events of rollouts come in any number: only the first and the last must agree. All others must be the same. */
  private checkEvents(
    index: number,
    step: Step,
    recorded: readonly Json[],
    answered: readonly Json[],
  ): Difference[] {
    const manner: Manner = { ...this.mannerOf(index, step), cut: true };
    const rollout = recorded.some((item) => isObject(item) && hasCounters(item));
    if (!rollout) {
      const marks = (events: readonly Json[]) =>
        events.filter(
          (item, at) =>
            text(item, 'type') !== 'BOOKMARK' || text(events[at - 1], 'type') !== 'BOOKMARK',
        );
      return differences([...marks(recorded)], [...marks(answered)], { ...manner, cut: false });
    }
    const ends = (events: readonly Json[]): Json => ({
      first: events[0] ?? null,
      last: events.at(-1) ?? null,
    });
    return differences(ends(recorded), ends(answered), manner);
  }

  private report(index: number, step: Step, found: readonly Difference[]): void {
    this.mistakes.push(
      `step ${index} ${step.request.method} ${step.request.path} (${step.note ?? ''})\n${describeDifferences(found)}`,
    );
  }

  /** Settling is the player's own doing: versions read before it are read again, so that they are as fresh as recorded. */
  private async settleAndReadAgain(): Promise<void> {
    this.settle();
    for (const step of this.readsSinceWrite.splice(0)) {
      const answer = await this.send(step);
      learn(step.response.body, answer.body, this.known);
    }
  }

  private move(): boolean {
    this.clock.advance(stepMs);
    return this.cluster.control.tick();
  }

  private wait(ms: number): void {
    for (let waited = 0; waited < ms; waited += stepMs) this.move();
  }

  private settle(): void {
    let quiet = 0;
    for (let waited = 0; waited < deadlineMs / 2 && quiet < quietMs; waited += stepMs) {
      quiet = this.move() ? 0 : quiet + stepMs;
    }
  }

  private headersOf({ request }: Step): Record<string, string> {
    const user = request.user ?? '';
    const token = user === '' ? adminToken : (this.tokens.get(user) ?? 'no such token');
    return {
      'user-agent': 'capacity-client/1.0',
      accept: 'application/json',
      ...(user === '(none)' ? {} : { authorization: `Bearer ${token}` }),
      ...request.headers,
    };
  }

  /** A recorded pod stands for any running pod of its workload, each for another one. */
  private withPodNames(written: string, { request }: Step): string {
    const namespace = /\/namespaces\/([^/]+)/.exec(request.path)?.[1] ?? '';
    return written.replaceAll(recordedPod, (recorded: string, workload: string) => {
      const taken = new Set(this.known.values());
      const twin = this.cluster.control
        .list('Pod', namespace)
        .filter((held) => text(held, 'metadata', 'deletionTimestamp') === '')
        .filter((held) => text(held, 'status', 'phase') === 'Running')
        .map((held) => text(held, 'metadata', 'name'))
        .find((name) => name.startsWith(`${workload}-`) && !taken.has(name));
      const name = this.known.get(recorded) ?? twin;
      if (name !== undefined) this.known.set(recorded, name);
      return name ?? recorded;
    });
  }

  private pathOf(step: Step): string {
    return this.withPodNames(step.request.path, step)
      .replaceAll('fake-node-', 'sandbox-node-')
      .replace(/(resourceVersion=)(\d+)/, (_whole, key: string, value: string) => {
        const fixed = Number(value) < 1000 || value === '99999999999';
        const current = String(this.versionNow());
        return key + (fixed ? value : (this.known.get(value) ?? current));
      })
      .replace(/(continue=)([\w-]+)/, (_whole, key: string, value: string) => {
        return key + (this.known.get(value) ?? value);
      })
      .replace(/timeoutSeconds=\d+/, 'timeoutSeconds=1');
  }

  private versionNow(): number {
    return this.cluster.control.version;
  }

  /** A recorded version nobody answered before came from a read that was left out: it was the current one. */
  private withCurrentVersion(body: Json, { request }: Step): ReadonlyMap<string, string> {
    const version = text(body, 'metadata', 'resourceVersion');
    if (version === '' || Number(version) < 1000 || this.known.has(version)) return this.known;
    const [, namespace = '', plural = '', name = ''] =
      /namespaces\/([^/]+)\/([^/]+)\/([^/?]+)/.exec(request.path) ?? [];
    const kind = { deployments: 'Deployment', statefulsets: 'StatefulSet' }[plural];
    const held = kind === undefined ? {} : this.cluster.control.get(kind, namespace, name);
    return new Map([...this.known, [version, text(held, 'metadata', 'resourceVersion')]]);
  }

  private bodyOf(step: Step): string | undefined {
    const { request } = step;
    if (request.body === undefined || request.body === '') return request.body;
    if (typeof request.body === 'string' && !request.path.includes('"')) {
      const type = request.headers['content-type'] ?? '';
      const quoted = type.includes('json') && !/[[{]/.test(request.body);
      return quoted ? JSON.stringify(request.body) : request.body;
    }
    const body = JSON.stringify(
      translate(request.body, this.withCurrentVersion(request.body, step)),
    );
    return this.withPodNames(body, step).replaceAll(
      /<(\d+) times (.)>/g,
      (_whole, times: string, letter: string) => letter.repeat(Number(times)),
    );
  }

  private connect(step: Step): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const body = this.bodyOf(step);
      const request = httpRequest(`${this.cluster.url}${this.pathOf(step)}`, {
        method: step.request.method,
        headers: {
          ...this.headersOf(step),
          ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
        },
        agent: false,
      });
      request.on('response', resolve);
      request.on('error', reject);
      request.end(body);
    });
  }

  private async send(step: Step): Promise<Answer> {
    const response = await this.connect(step);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(Buffer.from(chunk));
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      body: parseBody(Buffer.concat(chunks).toString('utf8')),
    };
  }

  private async open(step: Step): Promise<OpenStream> {
    return new OpenStream(await this.connect(step));
  }
}

const flat = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value ?? []).join(', ');

function hasCounters(event: JsonObject): boolean {
  const kind = text(event, 'object', 'kind');
  const status = isObject(event['object']) ? event['object']['status'] : undefined;
  return isObject(status) || kind === 'Deployment' || kind === 'StatefulSet';
}
