// What some scenarios need besides their requests: metrics that arrive in the recorded cluster by themselves.
import type { Preparations } from './player.ts';

/** Longer than the autoscaler needs for its first look. */
const firstLookMs = 6000;

export const preparations: Readonly<Record<string, Preparations>> = {
  'cronjob-and-job': {
    // The recorded kubelet was told by an annotation.
    9: ({ control }) => control.podFailure('greenlang-gl008', 'report-fails', 'CrashLoopBackOff'),
  },
  'hpa-raises-min': {
    3: ({ control }) => control.setUtilization('gl-agents', 'gl-003-steam-analyzer', { cpu: 4 }),
  },
  'pdb-and-eviction': {
    // The counters of the budget have seen the first eviction, the evicted pod is not gone yet.
    5: (_cluster, wait) => wait(50),
  },
  'hpa-undoes-manual-scale': {
    2: ({ control }, wait) => {
      wait(firstLookMs);
      control.setUtilization('gl-agents', 'gl-003-steam-analyzer', { cpu: 4 });
    },
  },
};
