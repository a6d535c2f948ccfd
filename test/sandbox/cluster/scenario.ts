// Recorded scenarios and the streams of their watches.
import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Json } from '../../../sandbox/cluster/json.ts';

export interface Step {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly user?: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Json;
  };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: Json;
    readonly stream?: boolean;
    readonly endedBy?: 'server' | 'client';
  };
  readonly stream?: boolean;
  readonly spans?: number;
  readonly note?: string;
}

export interface Scenario {
  readonly title: string;
  readonly about: string;
  readonly cut?: string;
  readonly steps: readonly Step[];
}

const fixtures = new URL('../../fixtures/kubernetes/', import.meta.url);

export async function readScenario(file: string): Promise<Scenario> {
  const scenario: Scenario = JSON.parse(await readFile(new URL(`${file}.json`, fixtures), 'utf8'));
  return scenario;
}

/** The events of a watch as they come in. */
export class OpenStream {
  readonly events: Json[] = [];
  readonly end: Promise<void>;
  ended = false;
  private readonly response: IncomingMessage;
  private rest = '';

  constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => this.take(chunk));
    this.end = new Promise((resolve) => {
      response.on('close', () => {
        this.ended = true;
        resolve();
      });
    });
  }

  private take(chunk: string): void {
    const lines = (this.rest + chunk).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) {
      const event: Json = JSON.parse(line);
      this.events.push(event);
    }
  }

  close(): void {
    this.response.destroy();
  }
}
