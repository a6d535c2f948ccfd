// A clock that moves only when a test moves it.
import type { Clock } from '../../../sandbox/cluster/clock.ts';

export class HandClock implements Clock {
  private at: number;

  constructor(start = '2026-05-04T10:00:00Z') {
    this.at = Date.parse(start);
  }

  now(): Date {
    return new Date(this.at);
  }

  advance(ms: number): void {
    this.at += ms;
  }
}
