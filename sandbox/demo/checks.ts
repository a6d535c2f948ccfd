// Compares what the story shows with what it must be: the figures on the card, and the one write to the cluster.
import { type Expected, guide } from './expected.ts';
import { expectThat } from './steps.ts';
import { type Stage, writesOf } from './watch.ts';

/** The card says the figures, the arithmetic with its own result, and the number it would scale to. */
export function checkCard(
  says: string,
  at: {
    readonly backlog: number;
    readonly arrivalPerMinute: number;
    readonly before: number;
    readonly expected: Expected;
  },
): void {
  const { wanted, replicas } = at.expected;
  const inWords = [
    `InspectionQueueBacklog ${at.backlog}`,
    `${at.before} → at least ${replicas} replicas`,
    // The arithmetic, with its own result: what is asked for before limits.
    `(${at.arrivalPerMinute} arriving + ${at.backlog} ÷ ${guide.drainMinutes} min) ÷ ${guide.jobsPerMinuteAndPod} per pod`,
    `→ ${wanted} pods`,
    ...(wanted > replicas ? [`wanted ${wanted}`] : []),
  ];
  for (const words of inWords) {
    expectThat(says.includes(words), `the card does not say "${words}"; it says:\n${says}`);
  }
}

/** There was one write: a JSON patch of the scale that the cluster itself refuses when the old number is another. */
export function checkWrite(
  stage: Stage,
  wanted: { readonly path: string; readonly from: number; readonly to: number },
): void {
  const writes = writesOf(stage);
  const [write] = writes;
  expectThat(
    writes.length === 1 && write !== undefined,
    `expected one write, saw ${describeWrites(stage)}`,
  );
  const patch = JSON.stringify([
    { op: 'test', path: '/spec/replicas', value: wanted.from },
    { op: 'add', path: '/spec/replicas', value: wanted.to },
  ]);
  const isIt =
    write.method === 'PATCH' &&
    write.path === wanted.path &&
    write.contentType.startsWith('application/json-patch+json') &&
    JSON.stringify(JSON.parse(write.body)) === patch &&
    write.status === 200;
  expectThat(isIt, `expected PATCH ${wanted.path} ${patch}, saw ${describeWrites(stage)}`);
}

/** Every write of the app, for the words of a failure. */
export function describeWrites(stage: Stage): string {
  const writes = writesOf(stage);
  return writes.length === 0
    ? 'none'
    : writes
        .map(({ method, path, body, status }) => `${method} ${path} ${body} (${status})`)
        .join('; ');
}
