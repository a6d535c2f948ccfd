// Faults that tests switch on: refused, denied, hanging, slow and cut requests, and watches that break.
import type { Access } from './auth.ts';
import { fullResource } from './auth.ts';
import type { JsonObject } from './json.ts';

/** Which requests a fault meets. A missing part matches everything; `path` is a text inside the path. */
export interface FaultMatch {
  readonly method?: string;
  readonly path?: string;
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete` or `deletecollection`. */
  readonly verb?: string;
  /** The plural, with `/scale` and the like for subresources. */
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
  /** Only dry runs, or only what is meant. */
  readonly dryRun?: boolean;
}

/** A webhook that stands in the way of writes. */
export interface WebhookFault {
  readonly name: string;
  /** Why it denies; without it the denial is "without explanation". */
  readonly message?: string;
  /** (Default: 400, what webhooks answer that set no code; many set 403.) */
  readonly code?: number;
  /** It cannot be reached at all, and the write fails with it. */
  readonly isDown?: boolean;
}

/** What goes wrong. Without `times` it goes wrong until the faults are cleared. */
export interface Fault {
  readonly match?: FaultMatch;
  /** Answer with this status instead of doing anything. */
  readonly status?: number;
  /** The body of that answer; what the server says with that status when missing. */
  readonly body?: JsonObject | string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answer. */
  readonly hang?: boolean;
  /** Cut the connection without doing anything. */
  readonly drop?: boolean;
  /** Do what was asked, then cut the connection: the caller cannot know. */
  readonly dropAfterWrite?: boolean;
  /** Do what was asked, send half of the answer, then reset the connection. */
  readonly resetMidway?: boolean;
  /** A webhook denies what is written, after everything else found it good. */
  readonly webhook?: WebhookFault;
  /** The watch is cut after that many events. */
  readonly cutAfterEvents?: number;
  /** The watch stays open and says nothing more after that many events. */
  readonly silentAfterEvents?: number;
  /** Wait before going on. */
  readonly delayMs?: number;
  /** Let so many matching requests pass first. (Default: 0) */
  readonly after?: number;
  readonly times?: number;
}

/** A request as faults see it. */
export interface FaultCase {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly access: Access;
  readonly dryRun: boolean;
}

const isWanted = <T>(wanted: T | undefined, is: T) => wanted === undefined || wanted === is;

function meets(match: FaultMatch, { method, path, access, dryRun }: FaultCase): boolean {
  return (
    isWanted(match.method, method) &&
    (match.path === undefined || path.includes(match.path)) &&
    isWanted(match.verb, access.verb) &&
    isWanted(match.resource, fullResource(access)) &&
    isWanted(match.namespace, access.namespace) &&
    isWanted(match.name, access.name) &&
    isWanted(match.dryRun, dryRun)
  );
}

/** Some faults only make sense for writes or for watches, and are not used up by others. */
function isAbout(fault: Fault, verb: string): boolean {
  if (fault.webhook !== undefined) return !['get', 'list', 'watch'].includes(verb);
  const isForWatch = fault.cutAfterEvents !== undefined || fault.silentAfterEvents !== undefined;
  return !isForWatch || verb === 'watch';
}

/** The faults that are switched on. */
export class Faults {
  private entries: { fault: Fault; skip: number; left: number }[] = [];

  add(fault: Fault): void {
    this.entries.push({
      fault,
      skip: fault.after ?? 0,
      left: fault.times ?? Number.POSITIVE_INFINITY,
    });
  }

  clear(): void {
    this.entries = [];
  }

  /** The first fault for a request; meeting it uses it up once. */
  take(given: FaultCase): Fault | undefined {
    for (const entry of this.entries) {
      const { fault, left } = entry;
      if (left === 0 || !isAbout(fault, given.access.verb) || !meets(fault.match ?? {}, given))
        continue;
      if (entry.skip > 0) {
        entry.skip -= 1;
        continue;
      }
      entry.left -= 1;
      return fault;
    }
    return undefined;
  }
}
