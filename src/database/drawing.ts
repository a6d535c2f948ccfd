// How a step of a procedure becomes deeds of a database: what is asked first, and what follows from the answers.

import type { AllowedDeed } from './deed-kind.ts';
import type { Platform } from './platform.ts';
import type { Answers, Query } from './query.ts';
import type { SqlDeed } from './sql-deed.ts';

/** What is known of a server and the database on it before anything is drawn. */
export interface ServerFacts {
  /** `server_version_num`, such as 150018. */
  readonly version: number;
  /** The system_identifier. */
  readonly server: string;
  readonly database: string;
  /** Who the session is after it became its role. */
  readonly role: string;
  readonly isStandby: boolean;
  /** Where bare names of tables are looked for, by headroom.yaml. */
  readonly schema: string;
  readonly platform: Platform;
  /** Versions by name. */
  readonly extensions: ReadonlyMap<string, string>;
  /** What is in effect, by the setting's name, for the settings of the allow-list. */
  readonly settings: ReadonlyMap<string, ServerSetting>;
  /** Of the container the server runs in, where that is known. */
  readonly memoryBytes?: number;
  /** What headroom.yaml lets SQL do there; what is not among it the role may not look into either. (Default: anything) */
  readonly allow?: readonly AllowedDeed[];
  /** How many standbys headroom.yaml names beside it. */
  readonly namedStandbys?: number;
  /** When it was looked, in UTC. */
  readonly now: Date;
}

export interface ServerSetting {
  /** In the setting's own unit. */
  readonly setting: string;
  /** `8kB` and the like. */
  readonly unit?: string;
  /** As pg_settings has it: `bool`, `integer`, `real`. */
  readonly vartype: string;
  /** As `show` has it: "128MB". */
  readonly shown: string;
  /** Where it comes from: `default`, `configuration file`, `command line`, … */
  readonly source: string;
  readonly isPending: boolean;
  /** Only a restart brings another value into effect. */
  readonly needsRestart: boolean;
}

export type Drawn =
  | {
      readonly kind: 'deeds';
      /** In order. None: all of it is there already, and the notes say so. */
      readonly deeds: readonly SqlDeed[];
      readonly notes: readonly string[];
      /** What a person does after them; what exactly, and why Headroom does not. */
      readonly person?: { readonly what: string; readonly because: string };
    }
  /** It must not be done so; with the reason and what to do. */
  | { readonly kind: 'refused'; readonly because: string }
  /** A person does it; what exactly, and why Headroom does not. */
  | { readonly kind: 'person'; readonly what: string; readonly because: string };

/** How one kind of step is drawn. */
export interface Drawing<S> {
  /** What must be known beside the facts of the server. */
  questions(step: S, facts: ServerFacts): readonly Query[];
  /** What must be asked after that, because it depends on it; its answers follow the others. (Default: nothing.) */
  further?(step: S, answers: Answers, facts: ServerFacts): readonly Query[];
  draw(step: S, answers: Answers, facts: ServerFacts): Drawn;
}
