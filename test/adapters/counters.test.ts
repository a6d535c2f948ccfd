import { describe, expect, it } from 'vitest';
import { createCounters } from '../../src/adapters/counters.ts';

describe('counting', () => {
  it('adds up, by the label that tells what came of it', async () => {
    const { counters, registry } = createCounters();
    counters.alerts('fresh', 3);
    counters.alerts('fresh');
    counters.vote('approved');
    counters.run('applied', 12);
    counters.slackCall('chat.update', 'trouble');
    counters.limitMet('plan-alerts');
    counters.degraded('slack', true);
    counters.degraded('cluster', true);
    counters.degraded('cluster', false);
    const text = await registry.metrics();
    for (const line of [
      'headroom_alerts_total{result="fresh"} 4',
      'headroom_votes_total{result="approved"} 1',
      'headroom_runs_total{result="applied"} 1',
      'headroom_run_seconds_bucket{le="10"} 0',
      'headroom_run_seconds_bucket{le="30"} 1',
      'headroom_slack_calls_total{method="chat.update",result="trouble"} 1',
      'headroom_limits_met_total{limit="plan-alerts"} 1',
      'headroom_degraded{part="slack"} 1',
      'headroom_degraded{part="cluster"} 0',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('two apps in one process do not count into each other', async () => {
    const [one, other] = [createCounters(), createCounters()];
    one.counters.vote('approved');
    expect(await other.registry.metrics()).not.toContain('headroom_votes_total{');
  });
});
