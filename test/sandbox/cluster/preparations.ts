// What some scenarios need besides their requests: metrics that arrive in the recorded cluster by themselves.
import type { PodFailure } from '../../../sandbox/cluster/state.ts';
import type { Preparations } from './player.ts';

/** Longer than the autoscaler needs for its first look. */
const firstLookMs = 6000;

export const preparations: Readonly<Record<string, Preparations>> = {
  'cronjob-and-job': {
    // The recorded kubelet was told by an annotation.
    9: ({ control }) => control.podFailure('greenlang-gl008', 'report-fails', 'CrashLoopBackOff'),
  },
  'hpa-load': {
    // The recorded load came from annotations of pods, which only the recorded kubelet understands.
    2: ({ control }, wait) => {
      wait(2 * firstLookMs);
      control.setUtilization('greenlang-gl008', 'gl-010-emissionwatch', { cpu: 70, memory: 12.5 });
    },
    4: ({ control }) => {
      const use = (cpu: number) =>
        control.setUtilization('greenlang-gl008', 'gl-010-emissionwatch', { cpu, memory: 12.5 });
      use(190);
      control.onChange(({ replicas }) => {
        if (replicas === 6) use(380);
      });
    },
    8: ({ control }) =>
      control.setUtilization('greenlang-gl008', 'gl-010-emissionwatch', { cpu: 2, memory: 12.5 }),
  },
  'metrics-and-nodes': {
    2: ({ control }) =>
      control.setUtilization('greenlang-gl008', 'gl-010-emissionwatch', {
        cpu: 86,
        memory: 119.531_25,
      }),
  },
  'pod-states': {
    // The recorded kubelet was told by annotations.
    0: ({ control }) => {
      const fail = (name: string, failure: PodFailure) =>
        control.podFailure('greenlang-agents', name, failure);
      fail('notready', 'NotReady');
      fail('starting', 'NotStarted');
      fail('crashing', 'CrashLoopBackOff');
      fail('oom', 'OOMKilled');
      fail('failed', 'CrashLoopBackOff');
    },
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
