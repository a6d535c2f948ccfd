// What people and machines outside do in a history: alerts, votes, commands, edits, and somebody at the command line.

import type { IncomingAlert } from '../../src/ports.ts';
import { askOfLease } from '../../src/workflow/ask-of-lease.ts';
import { castVote } from '../../src/workflow/cast-vote.ts';
import { receiveAlerts } from '../../src/workflow/receive-alerts.ts';
import { receiveCommand } from '../../src/workflow/receive-command.ts';
import { resume, stop } from '../../src/workflow/stop-and-resume.ts';
import { alertname, namespace, people, workerAutoscaler } from './scene.ts';
import type { World } from './world.ts';

export interface SpokenWords {
  readonly triggerId: string;
  readonly words: string;
  readonly userId: string;
}

export class Outside {
  /** Every command that was typed, each once. */
  readonly spoken: SpokenWords[] = [];
  readonly #world: World;
  readonly #chaos: number;
  readonly #alerts = new Map<string, IncomingAlert>();
  #firings = 0;

  constructor(world: World, { chaos }: { readonly chaos: number }) {
    this.#world = world;
    this.#chaos = chaos;
  }

  async act(): Promise<void> {
    const { prng } = this.#world;
    switch (
      prng.weighted({
        vote: 8,
        fire: 2,
        repeat: 1,
        resolve: 1,
        load: 2,
        command: 2,
        drift: this.#world.isBeforeWrite ? 8 : 2,
        stop: this.#world.isBeforeWrite ? 4 : 0.3,
        resume: 1,
        lease: 1,
      })
    ) {
      case 'vote':
        return this.vote();
      case 'fire':
        return this.fire();
      case 'repeat':
        return this.#again();
      case 'resolve':
        return this.#resolve();
      case 'load':
        this.#world.backlog = prng.pick([100, 240, 812, 1_500, 3_000, 6_000]);
        return this.#world.trace(`the backlog is ${this.#world.backlog}`);
      case 'command':
        return this.#command();
      case 'drift':
        return this.#drift();
      case 'lease':
        return this.#lease();
      case 'stop':
        this.#world.trace('the command line stops everything');
        return stop({ scope: '*', by: 'cli:driver' }, this.#world.commandLine);
      case 'resume':
        this.#world.trace('the command line resumes everything');
        await this.resumeAll();
    }
  }

  fire(): void {
    const fingerprint = this.#world.prng.pick(['aaaa000000000001', 'aaaa000000000002']);
    const current = this.#alerts.get(fingerprint);
    if (current?.status === 'firing') return this.#deliverAlert(current);
    this.#firings += 1;
    const startsAt = new Date(this.#world.time.ms - 1_000 + this.#firings).toISOString();
    const alert: IncomingAlert = {
      fingerprint,
      startsAt,
      status: 'firing',
      labels: { alertname, namespace, severity: 'warning' },
      annotations: { summary: `Inspection backlog is ${this.#world.backlog} jobs` },
    };
    this.#alerts.set(fingerprint, alert);
    this.#deliverAlert(alert);
  }

  #again(): void {
    const known = [...this.#alerts.values()];
    if (known.length > 0) this.#deliverAlert(this.#world.prng.pick(known));
  }

  #resolve(): void {
    const firing = [...this.#alerts.values()].filter(({ status }) => status === 'firing');
    if (firing.length === 0) return;
    const alert = this.#world.prng.pick(firing);
    const endsAt = this.#world.time.now().toISOString();
    const resolved: IncomingAlert = { ...alert, status: 'resolved', endsAt };
    this.#alerts.set(alert.fingerprint, resolved);
    this.#deliverAlert(resolved);
  }

  #deliverAlert(alert: IncomingAlert): void {
    const { prng, alive } = this.#world;
    if (alive.length === 0) return;
    const process = prng.pick(alive);
    this.#world.trace(`alert ${alert.fingerprint.at(-1)} ${alert.status} → ${process.name}`);
    process.begin('alert', () =>
      receiveAlerts(process.parts)({ ok: true, alerts: [alert], truncated: 0 }),
    );
  }

  async vote(): Promise<void> {
    const { prng, alive, database } = this.#world;
    if (alive.length === 0) return;
    const { rows } = await database.pool.query<{ id: string; hash: string; state: string }>(
      'select id, hash, state from plan order by id desc limit 4',
    );
    const [newest] = rows;
    if (newest === undefined) return;
    const plan = prng.chance(0.8) ? newest : prng.pick(rows);
    const by = prng.weighted({ ann: 5, bob: 5, eve: 1, oncall: 2 });
    const kind = prng.chance(0.93) ? 'approve' : 'deny';
    const planHash = prng.chance(0.95) ? plan.hash : prng.pick([...rows.map((r) => r.hash), '0']);
    const ballot = {
      planId: plan.id,
      planHash,
      by: people[by],
      kind,
      ...(prng.chance(0.6) && { reason: 'it is needed' }),
    } as const;
    for (let clicks = prng.chance(0.2) ? 2 : 1; clicks > 0; clicks -= 1) {
      const process = prng.pick(alive);
      this.#world.trace(`${by} clicks ${kind} for ${plan.id} (${plan.state}) → ${process.name}`);
      process.begin('vote', async () => {
        const result = await castVote(process.parts)(ballot);
        this.#world.trace(`${by} hears: ${result.kind}`);
      });
    }
  }

  /** Somebody presses a button under what was lent. */
  async #lease(): Promise<void> {
    const { prng, alive, database } = this.#world;
    if (alive.length === 0) return;
    const { rows } = await database.pool.query<{ id: string; hash: string }>(
      `select id, hash from plan join lease on plan_id = id where lease.state = 'lent' order by id desc limit 1`,
    );
    const [plan] = rows;
    if (plan === undefined) return;
    const by = people[prng.weighted({ ann: 3, bob: 3, eve: 1, oncall: 1 })];
    const kind = prng.chance(0.8) ? 'give-back' : 'extend';
    const process = prng.pick(alive);
    this.#world.trace(`${by} presses ${kind} for ${plan.id} → ${process.name}`);
    process.begin('lease', async () => {
      const wish = { planId: plan.id, planHash: plan.hash, by, what: { kind } } as const;
      const answer = await askOfLease(process.parts)(wish);
      this.#world.trace(`${by} hears: ${answer.kind}`);
    });
  }

  #command(): void {
    const { prng, alive } = this.#world;
    if (alive.length === 0) return;
    const words = prng.weighted({ scale: 4, resize: 3, stop: 1, resume: 1.5 });
    const replicas = `replicas=${prng.between(3, 14)}`;
    const cpu = `cpu=${prng.pick(['1500m', '2', '2500m', '3'])}`;
    const asks = {
      scale: `gl-008/worker ${replicas}${prng.chance(0.4) ? ' for=5m' : ''} reason="a test"`,
      resize: `gl-008/worker ${cpu}${prng.chance(0.3) ? ` ${replicas}` : ''} reason="a test"`,
    };
    const text = words === 'scale' || words === 'resize' ? asks[words] : words;
    const earlier = this.spoken.at(-1);
    const spoken =
      earlier !== undefined && prng.chance(0.15)
        ? earlier
        : {
            triggerId: `t${this.spoken.length + 1}`,
            words: prng.chance(0.7) || words in asks ? text : `${text} gl-008`,
            userId: people[prng.weighted({ ann: 3, bob: 2, oncall: 2, eve: 1 })],
          };
    if (spoken !== earlier) this.spoken.push(spoken);
    const process = prng.pick(alive);
    this.#world.trace(`${spoken.userId} types /scale ${spoken.words} → ${process.name}`);
    process.begin('command', () =>
      receiveCommand(process.parts)({
        ...spoken,
        name: '/scale',
        channelId: 'C0CAPACITY1',
        responseUrl: 'http://slack.invalid/response',
      }),
    );
  }

  #drift(): void {
    const { prng, cluster } = this.#world;
    const worker = { kind: 'Deployment', namespace, name: 'worker' };
    const owner = { kind: 'HorizontalPodAutoscaler', namespace, name: 'worker-hpa' };
    const hasOwner = this.#world.sizes().maxReplicas !== undefined;
    const what = prng.weighted({
      edit: 3,
      churn: 4,
      resize: 1,
      autoscaler: hasOwner ? 0 : 0.4,
      limits: hasOwner ? 1 : 0,
      remove: hasOwner ? 0.5 : 0,
      pods: this.#chaos,
    });
    switch (what) {
      case 'edit': {
        const replicas = prng.between(2, 12);
        return this.#world.asForeigner(`edits replicas to ${replicas}`, () => {
          cluster.control.patch(worker, { spec: { replicas } });
        });
      }
      case 'resize': {
        const cpu = prng.pick(['1500m', '2', '2500m', '3']);
        const containers = [
          {
            name: 'worker',
            image: 'registry.example/worker:1.0.0',
            resources: { requests: { cpu, memory: '4Gi' } },
          },
        ];
        return this.#world.asForeigner(`edits the cpu request to ${cpu}`, () => {
          cluster.control.patch(worker, { spec: { template: { spec: { containers } } } });
        });
      }
      case 'churn':
        return this.#world.asForeigner('touches labels and status', () => {
          const touched = String(this.#world.time.ms);
          cluster.control.patch(worker, { metadata: { annotations: { touched } } }, 'churn');
          if (hasOwner) {
            cluster.control.patch(owner, { metadata: { annotations: { touched } } }, 'churn');
          }
        });
      case 'autoscaler':
        return this.autoscaler();
      case 'limits': {
        const minReplicas = prng.between(2, 6);
        const spec = { minReplicas, maxReplicas: minReplicas + prng.between(1, 10) };
        return this.#world.asForeigner('moves the limits of the autoscaler', () => {
          cluster.control.patch(owner, { spec });
        });
      }
      case 'remove':
        return this.#world.asForeigner('removes the autoscaler', () => {
          cluster.control.remove('HorizontalPodAutoscaler', namespace, 'worker-hpa');
        });
      case 'pods': {
        const failure = prng.pick(['ImagePullBackOff', 'Unschedulable', undefined] as const);
        this.#world.trace(`pods: ${failure ?? 'well again'}`);
        return cluster.control.podFailure(namespace, 'worker', failure);
      }
    }
  }

  autoscaler(): void {
    const { prng, cluster } = this.#world;
    const min = prng.between(3, 6);
    const max = min + prng.between(0, 10);
    this.#world.asForeigner('creates an autoscaler', () => {
      cluster.control.seed([workerAutoscaler(min, max)]);
      cluster.control.setUtilization(namespace, 'worker', { cpu: prng.pick([40, 70, 95]) });
    });
  }

  async resumeAll(): Promise<void> {
    const world = this.#world;
    const { rows } = await world.database.pool.query<{ scope: string }>('select scope from stop');
    for (const { scope } of rows) {
      await resume({ scope, by: 'cli:driver', askedAt: world.time.now() }, world.commandLine);
    }
  }
}
