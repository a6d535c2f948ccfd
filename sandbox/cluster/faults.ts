// Faults that tests switch on: refused, hanging, slow and cut requests.
import type { JsonObject } from './json.ts';

/** Which requests a fault meets. A missing part matches everything; `path` is a text inside the path. */
export interface FaultMatch {
  readonly method?: string;
  readonly path?: string;
}

/** What goes wrong. Without `times` it goes wrong until the faults are cleared. */
export interface Fault {
  readonly match?: FaultMatch;
  /** Answer with this status instead of doing anything. */
  readonly status?: number;
  /** The body of that answer; a Status object when missing. */
  readonly body?: JsonObject | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answer. */
  readonly hang?: boolean;
  /** Cut the connection without doing anything. */
  readonly drop?: boolean;
  /** Do what was asked, then cut the connection: the caller cannot know. */
  readonly dropAfterWrite?: boolean;
  /** Wait before going on. */
  readonly delayMs?: number;
  readonly times?: number;
}

/** The faults that are switched on. */
export class Faults {
  private entries: { fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.entries.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.entries = [];
  }

  /** The first fault for a request; meeting it uses it up once. */
  take(method: string, path: string): Fault | undefined {
    const entry = this.entries.find(
      ({ fault, left }) =>
        left > 0 &&
        (fault.match?.method === undefined || fault.match.method === method) &&
        (fault.match?.path === undefined || path.includes(fault.match.path)),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.fault;
  }
}
