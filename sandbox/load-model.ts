// A queue that fills at a steady rate and is drained by workers, so that in the sandbox more workers really help.
import type { PrometheusControl, SeriesName } from './prometheus/control.ts';

export interface LoadModelOptions {
  /** How many jobs wait at the start. */
  readonly backlog: number;
  readonly arrivalPerMinute: number;
  readonly throughputPerPodPerMinute: number;
  /** How many workers run now; read at each step, so a change counts from the next step on. */
  readonly readyPods: () => number;
  /** (Default: the real one.) */
  readonly clock?: { now(): Date };
  /** How many minutes of queueing pass in one minute; a function is read at each step. (Default: 1.) */
  readonly speed?: number | (() => number);
}

/** The series that show the queue in Prometheus. */
export interface LoadSeries {
  /** A gauge: the jobs that wait. */
  readonly depth: SeriesName;
  /** A counter: the jobs that came. */
  readonly enqueued: SeriesName;
}

export interface LoadModel {
  /** Brings the queue up to now. Reading the backlog does it, too. */
  step(): void;
  /** The jobs that wait now; not a whole number, because rates are steady. */
  backlog(): number;
  /** From now on so many jobs come each minute. */
  setArrival(perMinute: number): void;
  /** Puts so many jobs in the queue now. */
  setBacklog(backlog: number): void;
  /**
   * Shows the queue in Prometheus from now on. The counter grows by the clock whatever the speed: its rate is what the
   * arithmetic of a plan needs, and only the waiting is shortened.
   */
  serveOn(control: Pick<PrometheusControl, 'set' | 'setRate'>, series: LoadSeries): void;
}

interface Rates {
  readonly perMinute: number;
  readonly speed: number;
}

const minuteMs = 60_000;

/** Makes a queue that changes only when it is looked at: between two looks the rates are steady, so nothing has to tick. */
export function createLoadModel(options: LoadModelOptions): LoadModel {
  const clock = options.clock ?? { now: () => new Date() };
  const served: (() => void)[] = [];
  let arrivalPerMinute = options.arrivalPerMinute;
  let backlog = Math.max(0, options.backlog);
  let steppedAtMs = clock.now().getTime();
  let rates = readRates();

  function readRates(): Rates {
    const drained = options.readyPods() * options.throughputPerPodPerMinute;
    const speed = typeof options.speed === 'function' ? options.speed() : (options.speed ?? 1);
    return { perMinute: arrivalPerMinute - drained, speed };
  }

  function step(): void {
    const nowMs = clock.now().getTime();
    // A clock that goes back must not undo work.
    const minutes = Math.max(0, nowMs - steppedAtMs) / minuteMs;
    backlog = Math.max(0, backlog + rates.perMinute * minutes * rates.speed);
    steppedAtMs = nowMs;
    rates = readRates();
  }

  return {
    step,
    backlog: () => {
      step();
      return backlog;
    },
    setArrival: (perMinute) => {
      step();
      arrivalPerMinute = perMinute;
      rates = readRates();
      for (const renew of served) renew();
    },
    setBacklog: (jobs) => {
      step();
      backlog = Math.max(0, jobs);
    },
    serveOn: (control, { depth, enqueued }) => {
      control.set(depth, () => {
        step();
        return Math.round(backlog);
      });
      const renew = () => control.setRate(enqueued, arrivalPerMinute / 60);
      renew();
      served.push(renew);
    },
  };
}
