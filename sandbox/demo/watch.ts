// What the demo sees of the story: each function waits for one thing that people, Slack, the cluster or Alertmanager would see, too.

import type { RunningAlertmanager } from '../alertmanager.ts';
import { headroomAccount } from '../cluster/server.ts';
import { wordsOf } from '../slack/control.ts';
import type { Message } from '../slack/workspace.ts';
import type { SandboxWorld } from '../world.ts';
import { channel } from './settings.ts';
import { expectThat, until } from './steps.ts';

export interface Stage {
  readonly world: SandboxWorld;
  readonly alertmanager: RunningAlertmanager;
  readonly signal: AbortSignal;
}

/** All steps that only wait for the app and the sandbox; a person may take as long as they like. */
export const stepTimeoutMs = 30_000;
/** Where the guide starts from. */
export const baselineWorkers = 5;

/** Waits for a card that is none of the known ones. */
export function newCard(stage: Stage, known: readonly string[]): Promise<Message> {
  return until(
    { what: 'a new card in the channel', timeoutMs: stepTimeoutMs, signal: stage.signal },
    async () => {
      const messages = await stage.world.slack.control.messages(channel);
      return messages.find((message) => isCard(message) && !known.includes(message.ts));
    },
  );
}

/** Waits until a card says something. */
export function cardSays(
  stage: Stage,
  card: Message,
  says: string,
  timeoutMs = stepTimeoutMs,
): Promise<Message> {
  return until({ what: `the card to say "${says}"`, timeoutMs, signal: stage.signal }, async () => {
    const messages = await stage.world.slack.control.messages(channel);
    return messages.find((message) => message.ts === card.ts && saysIn(message).includes(says));
  });
}

/** Waits until a message in a card's thread says something. */
export function threadSays(
  stage: Stage,
  card: Message,
  says: string,
  timeoutMs = stepTimeoutMs,
): Promise<Message> {
  return until(
    { what: `the thread to say "${says}"`, timeoutMs, signal: stage.signal },
    async () => {
      const messages = await stage.world.slack.control.messages(channel);
      return messages.findLast(
        (message) =>
          message.threadTs === card.ts && message.ts !== card.ts && saysIn(message).includes(says),
      );
    },
  );
}

/** Waits until Alertmanager's delivery, later than the first `after`, was answered with 200. */
export function delivered(
  stage: Stage,
  status: 'firing' | 'resolved',
  after: number,
): Promise<string> {
  const what = `an alert that is ${status} to be answered with 200`;
  return until({ what, timeoutMs: stepTimeoutMs, signal: stage.signal }, () => {
    const found = stage.alertmanager.deliveries
      .slice(after)
      .find((delivery) => delivery.status === status);
    if (found === undefined) return undefined;
    expectThat(
      found.answered === 200,
      `the alert was answered with ${found.answered === 0 ? 'nothing' : found.answered}, expected 200`,
    );
    return found.body.groupLabels['alertname'] ?? '';
  });
}

/** The size of the worker in the cluster. */
export function workerSize({ world }: Pick<Stage, 'world'>): {
  readonly replicas: number;
  readonly ready: number;
} {
  const deployment = world.cluster.control.get('Deployment', world.namespace, 'worker');
  const number = (part: unknown, key: string): number => {
    const value: unknown = typeof part === 'object' && part !== null ? Reflect.get(part, key) : 0;
    return typeof value === 'number' ? value : 0;
  };
  return {
    replicas: number(deployment?.['spec'], 'replicas'),
    ready: number(deployment?.['status'], 'readyReplicas'),
  };
}

export interface SeenWrite {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
  readonly status: number;
}

/** Every request of the app that could have changed the cluster; an Event beside an object changes nothing of it. */
export function writesOf({ world }: Stage): readonly SeenWrite[] {
  return world.cluster.control.requests
    .writes()
    .filter(({ user, path }) => user === headroomAccount && !path.endsWith('/events'));
}

/** What a message says, with digits as a program reads them: 1,250 is 1250. */
export function saysIn(message: Message): string {
  return wordsOf(message).replace(/(?<=\d),(?=\d{3}\b)/g, '');
}

/** Slack gives a message with replies its own thread. */
function isCard(message: Message): boolean {
  return message.threadTs === undefined || message.threadTs === message.ts;
}

/** Whether the worker has its five pods of the baseline, all ready. */
export function workersAreReady(stage: Pick<Stage, 'world'>): boolean {
  const { replicas, ready } = workerSize(stage);
  return replicas === baselineWorkers && ready === baselineWorkers;
}
