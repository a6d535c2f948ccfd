// The story from alert to proof, played without a person: every step is done, seen, and compared with what it should be.
import { actionIds } from '../../src/message/action-ids.ts';
import type { Message } from '../slack/workspace.ts';
import type { AppProcess } from './app-process.ts';
import { checkCard, checkWrite, describeWrites } from './checks.ts';
import { type Expected, expectedReplicas, guide } from './expected.ts';
import { channel, people } from './settings.ts';
import { expectThat, StepFailed, type Steps, until } from './steps.ts';
import {
  cardSays,
  delivered,
  newCard,
  type Stage,
  saysIn,
  stepTimeoutMs,
  threadSays,
  workerSize,
  workersAreReady,
  writesOf,
} from './watch.ts';

export interface Play extends Stage {
  readonly steps: Steps;
  readonly app: AppProcess;
  /** How long draining may take on the clock, in seconds. */
  readonly drainSeconds: number;
}

interface Proposal {
  readonly card: Message;
  readonly backlog: number;
  readonly before: number;
  readonly expected: Expected;
}

/** Alert, card, a stranger refused, approved, changed, helped, proven. Returns the checkpoint the outcome carries. */
export async function playStory(play: Play, backlog: number): Promise<string> {
  const proposal = await fireAlert(play, backlog);
  await refuseStranger(play, proposal);
  await approve(play, proposal);
  await seeChange(play, proposal);
  await seeItHelp(play, proposal);
  return seeOutcome(play, proposal);
}

/** The same arithmetic for a backlog nobody chose; this plan is denied. */
export async function playRandomBacklog(play: Play, backlog: number): Promise<void> {
  play.world.hold(0);
  play.world.resetWorkers();
  const wait = {
    what: 'the worker to be back at its baseline',
    timeoutMs: stepTimeoutMs,
    signal: play.signal,
  };
  await until(wait, () => (workersAreReady(play) ? true : undefined));
  play.world.cluster.control.requests.clear();
  const { card } = await fireAlert(play, backlog);
  await deny(play, card);
}

/** The whole trail still holds, the checkpoint in it. */
export async function verifyAudit({ steps, app }: Play, checkpoint: string): Promise<void> {
  await steps.take(
    ({ output }) => `headroom audit verify --expect ${shorten(checkpoint)}: ${shorten(output)}`,
    async () => {
      const verified = await app.run(['audit', 'verify', '--expect', checkpoint]);
      expectThat(
        verified.code === 0,
        `headroom audit verify ended with code ${verified.code}: ${verified.output}`,
      );
      return verified;
    },
  );
}

export async function fireAlert(play: Play, backlog: number): Promise<Proposal> {
  const { world, steps, alertmanager, signal } = play;
  const known = (await world.slack.control.messages(channel)).map(({ ts }) => ts);
  const before = workerSize(play).replicas;
  const earlier = alertmanager.deliveries.length;
  world.hold(backlog);
  await steps.take(
    (name) => `alert ${name} posted by Alertmanager and answered 200`,
    () => delivered(play, 'firing', earlier),
  );
  const { arrivalPerMinute } = world;
  const expected = expectedReplicas({ backlog, arrivalPerMinute, replicas: before });
  const card = await steps.take(
    `card posted: ${backlog} jobs wait, ${arrivalPerMinute} arrive a minute, ${before} → at least ${expected.replicas} workers`,
    async () => {
      const posted = await newCard(play, known);
      checkCard(saysIn(posted), { backlog, arrivalPerMinute, before, expected });
      return posted;
    },
  );
  await until(
    { what: 'the card to have its buttons', timeoutMs: stepTimeoutMs, signal },
    async () =>
      JSON.stringify((await messageNow(play, card)).blocks).includes(actionIds.approve)
        ? true
        : undefined,
  );
  return { card, backlog, before, expected };
}

async function refuseStranger(play: Play, { card }: Proposal): Promise<void> {
  const { steps, world } = play;
  const { control } = world.slack;
  await steps.take(
    'eve clicks Approve: refused, and only eve is told; nothing was changed',
    async () => {
      const before = await control.messages(channel);
      const outcome = await control.click(people.eve, channel, card.ts, actionIds.approve);
      expectThat(
        outcome.acked,
        `eve's click was not acknowledged: ${outcome.error ?? 'no reason'}`,
      );
      const told = await untilTold(play, 'eve', 0);
      expectThat(
        told.includes('did not count') && told.includes('not on that list'),
        `eve was told "${told}"`,
      );
      for (const name of ['ann', 'bob', 'oncall'] as const) {
        const others = await control.ephemerals(people[name]);
        expectThat(
          others.length === 0,
          `${name} was told something, too: ${others.map(saysIn).join('; ')}`,
        );
      }
      const after = await control.messages(channel);
      expectThat(
        JSON.stringify(after) === JSON.stringify(before),
        'the channel changed because a stranger clicked',
      );
      expectThat(
        writesOf(play).length === 0,
        `the cluster was written to: ${describeWrites(play)}`,
      );
    },
  );
}

async function approve(play: Play, { card }: Proposal): Promise<void> {
  const { steps, world } = play;
  await steps.take('ann clicks Approve: it counts and starts', async () => {
    const { control } = world.slack;
    const earlier = (await control.ephemerals(people.ann)).length;
    const outcome = await control.click(people.ann, channel, card.ts, actionIds.approve);
    expectThat(outcome.acked, `ann's click was not acknowledged: ${outcome.error ?? 'no reason'}`);
    const told = await untilTold(play, 'ann', earlier);
    expectThat(told.includes('Approved'), `ann was told "${told}"`);
    await cardSays(play, card, `Approved by <@${people.ann}>`);
  });
}

async function seeChange(play: Play, { card, before, expected }: Proposal): Promise<void> {
  const { steps, world, signal } = play;
  const path = `/apis/apps/v1/namespaces/${world.namespace}/deployments/worker/scale`;
  await steps.take(
    `worker scaled ${before} → ${expected.replicas} by one patch of its scale, conditional on ${before}`,
    async () => {
      await until({ what: 'a write to the cluster', timeoutMs: stepTimeoutMs, signal }, () =>
        writesOf(play).length > 0 ? true : undefined,
      );
      checkWrite(play, { path, from: before, to: expected.replicas });
    },
  );
  await steps.take(
    `rollout seen ready: ${expected.replicas} of ${expected.replicas} workers`,
    async () => {
      await threadSays(play, card, 'carried out and seen ready', 60_000);
      const size = workerSize(play);
      expectThat(
        size.replicas === expected.replicas && size.ready === expected.replicas,
        `the cluster has ${size.ready} of ${size.replicas} workers ready`,
      );
      checkWrite(play, { path, from: before, to: expected.replicas });
    },
  );
}

async function seeItHelp(play: Play, { backlog }: Proposal): Promise<void> {
  const { steps, world, alertmanager, signal } = play;
  const earlier = alertmanager.deliveries.findLastIndex(({ status }) => status === 'firing');
  world.drainWithin(play.drainSeconds);
  const drainTimeoutMs = play.drainSeconds * 1000 + stepTimeoutMs;
  await steps.take(
    (now) => `metric seen below its target of ${guide.targetJobs}: ${backlog} → ${now} jobs`,
    () =>
      until(
        { what: `the backlog to be below ${guide.targetJobs}`, timeoutMs: drainTimeoutMs, signal },
        () => {
          const now = world.backlog();
          return now < guide.targetJobs ? Math.floor(now) : undefined;
        },
      ),
  );
  await steps.take('alert resolved: delivered and answered 200', () =>
    delivered(play, 'resolved', earlier),
  );
}

async function seeOutcome(play: Play, { card, backlog }: Proposal): Promise<string> {
  const { steps } = play;
  return steps.take(
    (checkpoint) => `outcome posted: it helped; audit checkpoint ${shorten(checkpoint)}`,
    async () => {
      await cardSays(play, card, 'Done, and it helped');
      await threadSays(play, card, 'The alert resolved');
      const outcome = await threadSays(play, card, 'it helped');
      expectThat(writesOf(play).length === 1, `there was a second write: ${describeWrites(play)}`);
      const says = saysIn(outcome);
      expectThat(says.includes(`${backlog} → `), `the outcome does not say from where: ${says}`);
      const checkpoint = /checkpoint `(\d+:[0-9a-f]{64})`/.exec(says)?.[1];
      if (checkpoint === undefined) throw new StepFailed(`the outcome has no checkpoint: ${says}`);
      return checkpoint;
    },
  );
}

async function deny(play: Play, card: Message): Promise<void> {
  const { steps, world, signal } = play;
  const reason = 'The queue of the random part is not worth it';
  await steps.take('bob clicks Deny and says why: denied, nothing was changed', async () => {
    const { control } = world.slack;
    const outcome = await control.click(people.bob, channel, card.ts, actionIds.deny);
    expectThat(outcome.acked, `bob's click was not acknowledged: ${outcome.error ?? 'no reason'}`);
    const view = await until(
      { what: 'the modal that asks why', timeoutMs: stepTimeoutMs, signal },
      async () => (await control.views(people.bob)).at(-1),
    );
    const submitted = await control.submitView(people.bob, view.id, { reason });
    expectThat(submitted.acked, `the reason was not taken: ${JSON.stringify(submitted)}`);
    const denied = await cardSays(play, card, 'Denied');
    expectThat(saysIn(denied).includes(reason), `the card does not say why: ${saysIn(denied)}`);
    expectThat(writesOf(play).length === 0, `the cluster was written to: ${describeWrites(play)}`);
    expectThat(workersAreReady(play), 'the worker was scaled although the plan was denied');
  });
}

/** What somebody was told since, visible to nobody else. */
async function untilTold(play: Play, name: keyof typeof people, earlier: number): Promise<string> {
  const { world, signal } = play;
  return until(
    { what: `${name} to be told something`, timeoutMs: stepTimeoutMs, signal },
    async () => {
      const told = (await world.slack.control.ephemerals(people[name])).slice(earlier);
      return told.length === 0 ? undefined : told.map(saysIn).join('; ');
    },
  );
}

async function messageNow({ world }: Play, { ts }: Message): Promise<Message> {
  const found = (await world.slack.control.messages(channel)).find((message) => message.ts === ts);
  if (found === undefined) throw new StepFailed('the card is gone');
  return found;
}

/** A hash in a line for people. */
function shorten(text: string): string {
  return text.replaceAll(/\b([0-9a-f]{10})[0-9a-f]{54}\b/g, '$1…');
}
