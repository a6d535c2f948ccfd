import { afterEach, describe, expect, it } from 'vitest';
import { createLoadModel, type LoadModelOptions } from '../../sandbox/load-model.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { createMetrics } from '../../src/adapters/prometheus.ts';

let prometheus: RunningPrometheus | undefined;

afterEach(() => prometheus?.stop());

/** The queue of the GL-008 guide: 812 wait, 300 come each minute, a worker does 50. */
function makeQueue(options: Partial<LoadModelOptions> = {}) {
  let nowMs = Date.UTC(2026, 0, 5, 12);
  const clock = { now: () => new Date(nowMs) };
  const model = createLoadModel({
    backlog: 812,
    arrivalPerMinute: 300,
    throughputPerPodPerMinute: 50,
    readyPods: () => 5,
    clock,
    ...options,
  });
  const passMinutes = (minutes: number): void => {
    nowMs += minutes * 60_000;
  };
  return { model, clock, passMinutes };
}

describe('the queue', () => {
  it.each([
    { pods: 5, minutes: 10, backlog: 812 + 10 * 50 },
    { pods: 0, minutes: 1, backlog: 812 + 300 },
    { pods: 6, minutes: 60, backlog: 812 },
    { pods: 8, minutes: 5, backlog: 812 - 5 * 100 },
    { pods: 8, minutes: 8, backlog: 12 },
    { pods: 8, minutes: 9, backlog: 0 },
    { pods: 30, minutes: 1000, backlog: 0 },
  ])('with $pods workers for $minutes minutes is $backlog', ({ pods, minutes, backlog }) => {
    const { model, passMinutes } = makeQueue({ readyPods: () => pods });
    passMinutes(minutes);
    expect(model.backlog()).toBe(backlog);
  });

  it('is the same whether it is looked at once or often', () => {
    const { model, passMinutes } = makeQueue({ readyPods: () => 8 });
    for (let second = 0; second < 300; second += 1) {
      passMinutes(1 / 60);
      model.step();
    }
    expect(model.backlog()).toBeCloseTo(312, 6);
  });

  it('drains only from the moment the workers are there', () => {
    let pods = 5;
    const { model, passMinutes } = makeQueue({ readyPods: () => pods });
    passMinutes(2);
    expect(model.backlog()).toBe(912);
    pods = 8;
    model.step();
    passMinutes(2);
    expect(model.backlog()).toBe(712);
  });

  it('passes faster at a higher speed, which may change', () => {
    let speed = 1;
    const { model, passMinutes } = makeQueue({ readyPods: () => 8, speed: () => speed });
    passMinutes(1);
    expect(model.backlog()).toBe(712);
    speed = 30;
    model.step();
    passMinutes(0.1);
    expect(model.backlog()).toBe(412);
  });

  it('does not grow back when the clock is set back', () => {
    const { model, passMinutes } = makeQueue({ readyPods: () => 8 });
    passMinutes(2);
    expect(model.backlog()).toBe(612);
    passMinutes(-60);
    expect(model.backlog()).toBe(612);
    passMinutes(1);
    expect(model.backlog()).toBe(512);
  });

  it('follows a new arrival and a new backlog', () => {
    const { model, passMinutes } = makeQueue({ readyPods: () => 8 });
    passMinutes(1);
    model.setArrival(450);
    expect(model.backlog()).toBe(712);
    passMinutes(1);
    expect(model.backlog()).toBe(762);
    model.setBacklog(-5);
    expect(model.backlog()).toBe(0);
  });
});

describe('the queue in Prometheus', () => {
  it('has its depth in whole jobs and the true rate of arrival at any speed', async () => {
    const { model, clock, passMinutes } = makeQueue({ readyPods: () => 8, speed: 60 });
    prometheus = await startPrometheus({ clock });
    const metrics = createMetrics({ url: prometheus.url });
    const depth = 'inspection_queue_depth{namespace="greenlang-gl008"}';
    model.serveOn(prometheus.control, { depth, enqueued: 'inspections_enqueued_total' });
    const arrival = async () => {
      const answer = await metrics.query('sum(rate(inspections_enqueued_total[5m])) * 60');
      return answer.kind === 'value' ? answer.value : answer.because;
    };
    expect(await metrics.query(depth)).toMatchObject({ value: 812 });
    expect(await arrival()).toBeCloseTo(300, 6);
    passMinutes(0.0507);
    expect(await metrics.query(depth)).toMatchObject({ value: 508 });
    expect(await arrival()).toBeCloseTo(300, 6);
    model.setArrival(600);
    passMinutes(6);
    expect(await arrival()).toBeCloseTo(600, 6);
  });
});
