// How long a plan takes by inputs, for each profile, beside the same for one sizing of GL-003 written by hand.
import type { Profile } from '../src/profile/profile.ts';
import { whatIf } from '../src/sizing/what-if.ts';
import { sizesOf } from './amounts.ts';
import { sideBySide } from './measure.ts';
import { planByHand } from './planner-by-hand.ts';
import { type Row, row } from './row.ts';

/** One plan by hand is quicker than the clock ticks. */
const handRuns = 1000;

/** One row a profile. */
export function planRows(profiles: readonly Profile[], times: number): readonly Row[] {
  return profiles.map((profile) => {
    const sizes = sizesOf(profile);
    const { subject, baseline } = sideBySide({
      times,
      warmUp: Math.ceil(times / 4),
      subject: (run) => whatIf(profile, sizes[run % sizes.length] ?? new Map()),
      baseline: (run) => planByHand(1 + (run % 5000), 1, 90),
      baselineRuns: handRuns,
    });
    return row({
      what: `plan of ${profile.id}, ${profile.sizings.length} sizings`,
      target: 'under 1 ms',
      measured: subject,
      baseline,
      baselineIs: 'the planner of gl-003 by hand',
      note: 'plan: all sizings of a profile with reasons and warnings, the database, the network and the cost; by hand it is one sizing with the same figures, and no words',
    });
  });
}
