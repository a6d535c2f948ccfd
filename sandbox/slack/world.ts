// Everything one emulated workspace consists of, in one record that is handed to the parts.
import type { Courier } from './deliver.ts';
import type { ApiCall, Faults } from './faults.ts';
import type { Files } from './files.ts';
import type { AppManifest } from './manifest.ts';
import type { RateLimits } from './rate-limits.ts';
import type { SocketMode } from './socket.ts';
import type { ResponseUrls, Triggers } from './tickets.ts';
import type { Views } from './views.ts';
import type { Clock, Workspace } from './workspace.ts';

export interface World {
  readonly manifest: AppManifest;
  readonly identity: { readonly id: string; readonly botId: string; readonly botUserId: string };
  readonly botToken: string;
  readonly appToken: string;
  readonly clock: Clock;
  readonly workspace: Workspace;
  readonly views: Views;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;
  readonly files: Files;
  readonly faults: Faults;
  readonly limits: RateLimits;
  readonly socket: SocketMode;
  readonly courier: Courier;
  /** Scopes and membership are checked. Blocks always are. */
  strict: boolean;
  rateLimits: boolean;
  /** `http://127.0.0.1:PORT`, known once the server listens. */
  url: string;
  readonly apiCalls: ApiCall[];
}
