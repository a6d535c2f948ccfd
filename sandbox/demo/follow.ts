// Follows the story while a person plays it in the page, says in the terminal what happens, and shortens the waiting.

import { guide } from './expected.ts';
import { channel } from './settings.ts';
import { until } from './steps.ts';
import type { Play } from './story.ts';
import { saysIn, workerSize, writesOf } from './watch.ts';

/** A person may take as long as they like. */
const timeoutMs = Number.POSITIVE_INFINITY;

/** What to do in the page. */
export function instructions(pageUrl: string): string {
  return `
  Open   ${pageUrl}

  You are Ann there, who may approve. The card in #capacity says what is wrong, what would be done and why.
    • Click Approve, open the thread under the card, and watch: workers start, the backlog drains, the outcome comes.
    • Or choose Eve under "Act as" first, who may not approve, and click as her.
    • Or type /capacity status, or /scale steam-traps/worker replicas=9 reason="just in case".

  Ctrl-C ends the demo and everything it started.
`;
}

/** Ends only by the signal. */
export async function followStory(play: Play, cardTs: string): Promise<never> {
  const { steps, world, signal } = play;
  world.flow();
  const approved = await until({ what: 'a decision', timeoutMs, signal }, async () => {
    if (writesOf(play).length > 0) return true;
    const card = (await world.slack.control.messages(channel)).find(({ ts }) => ts === cardTs);
    return card !== undefined && /Denied|Expired|Withdrawn|Lapsed/.test(saysIn(card))
      ? false
      : undefined;
  });
  if (approved) await followChange(play);
  else steps.say('Decided: nothing is changed. Start the demo again to see the other way.');
  return untilAborted(signal);
}

async function followChange(play: Play): Promise<void> {
  const { steps, world, signal, alertmanager } = play;
  await steps.take(
    ({ replicas, ready }) => `approved: the worker has ${ready} of ${replicas} pods ready`,
    () =>
      until({ what: 'the rollout', timeoutMs, signal }, () => {
        const size = workerSize(play);
        return size.replicas > 0 && size.ready === size.replicas ? size : undefined;
      }),
  );
  const { ready } = workerSize(play);
  const drains = ready * guide.jobsPerMinuteAndPod > world.arrivalPerMinute;
  steps.say(
    drains
      ? `The backlog of ${Math.round(world.backlog())} drains now; time runs faster, so that it takes about ${play.drainSeconds} s.`
      : `${ready} workers are too few for ${world.arrivalPerMinute} jobs a minute: the backlog keeps growing.`,
  );
  if (!drains) return;
  world.drainWithin(play.drainSeconds);
  await steps.take(
    (now) => `the metric is below its target of ${guide.targetJobs}: ${now} jobs`,
    () =>
      until({ what: 'the backlog to drain', timeoutMs, signal }, () =>
        world.backlog() < guide.targetJobs ? Math.floor(world.backlog()) : undefined,
      ),
  );
  await steps.take('the alert resolved', () =>
    until({ what: 'the alert to resolve', timeoutMs, signal }, () =>
      alertmanager.deliveries.at(-1)?.status === 'resolved' ? true : undefined,
    ),
  );
  await steps.take('the outcome is in the thread, and the card says it', () =>
    until({ what: 'the outcome', timeoutMs, signal }, async () =>
      (await world.slack.control.messages(channel)).some((message) =>
        saysIn(message).includes('it helped'),
      )
        ? true
        : undefined,
    ),
  );
  steps.say('That was the story. Look around as long as you like; Ctrl-C ends the demo.');
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, fail) => {
    const end = (): void => fail(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
