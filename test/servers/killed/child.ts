// A process that carries out one run and nothing else, and kills itself where it is told to.

import type { CheckpointName, RunId } from '../../../src/ports.ts';
import { applyPlan } from '../../../src/workflow/apply-plan.ts';
import { sendToStandIn } from '../timescale/in-place.ts';
import { type Carrying, runParts } from './run-parts.ts';

/** What the test tells it. */
export interface Errand extends Carrying {
  readonly run: RunId;
  readonly dieAt?: CheckpointName;
}

sendToStandIn();
process.once('message', (errand: Errand) => {
  const { parts } = runParts(errand, (point) => {
    if (point === errand.dieAt) process.kill(process.pid, 'SIGKILL');
  });
  applyPlan(parts)(errand.run, new AbortController().signal).then(
    (end) => process.exit(end === 'applied' ? 0 : 2),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
