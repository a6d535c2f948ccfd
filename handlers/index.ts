// The routing table: every way in, and which handler stands behind it.

import type { App, BlockAction, ViewSubmitAction } from '@slack/bolt';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { CommandNames } from '../src/command/command-names.ts';
import { OperationError } from '../src/errors.ts';
import { actionIds, viewIds } from '../src/message/action-ids.ts';
import type { Chat, Counters, Log, Store } from '../src/ports.ts';
import type { Secret } from '../src/secret.ts';
import type { AskOfEnded } from '../src/workflow/ask-of-ended.ts';
import type { AskOfLease } from '../src/workflow/ask-of-lease.ts';
import type { CastVote } from '../src/workflow/cast-vote.ts';
import type { ReceiveAlerts } from '../src/workflow/receive-alerts.ts';
import type { ReceiveCommand } from '../src/workflow/receive-command.ts';
import type { TickStep } from '../src/workflow/tick-step.ts';
import { approvePlan } from './action-approve.ts';
import { denyPlan } from './action-deny.ts';
import { stepDone } from './action-done.ts';
import { askOfEndedPlan } from './action-ended.ts';
import { askAboutLease } from './action-lease.ts';
import { requireBearer } from './bearer.ts';
import { askHeadroom } from './command-any.ts';
import { getAudit } from './get-audit.ts';
import { getHealthz } from './get-healthz.ts';
import { getMetrics, type MetricsPage } from './get-metrics.ts';
import { getReadyz, type WhyNotReady } from './get-readyz.ts';
import { postAlertmanager } from './post-alertmanager.ts';
import { voteWithReason } from './view-reason.ts';

export interface SlackDoors {
  readonly castVote: CastVote;
  readonly tickStep: TickStep;
  readonly askOfEnded: AskOfEnded;
  readonly askOfLease: AskOfLease;
  readonly receiveCommand: ReceiveCommand;
  readonly chat: Chat;
  readonly commands: CommandNames;
}

/** Routes everything Slack may send. */
export function routeSlack(app: App, doors: SlackDoors): void {
  app.command(doors.commands.capacity, askHeadroom(doors));
  app.command(doors.commands.scale, askHeadroom(doors));
  app.action<BlockAction>(actionIds.approve, approvePlan(doors));
  app.action<BlockAction>(actionIds.deny, denyPlan());
  app.action<BlockAction>(actionIds.done, stepDone(doors));
  app.action<BlockAction>(actionIds.fresh, askOfEndedPlan('fresh', doors));
  app.action<BlockAction>(actionIds.revert, askOfEndedPlan('revert', doors));
  app.action<BlockAction>(actionIds.extendLease, askAboutLease({ kind: 'extend' }, doors));
  app.action<BlockAction>(actionIds.giveBackLease, askAboutLease({ kind: 'give-back' }, doors));
  app.view<ViewSubmitAction>(viewIds.denyReason, voteWithReason('deny', doors));
  app.view<ViewSubmitAction>(viewIds.approveReason, voteWithReason('approve', doors));
}

export interface HttpDoors {
  readonly receiveAlerts: ReceiveAlerts;
  readonly alertmanagerTokens: readonly Secret[];
  readonly auditTokens: readonly Secret[];
  readonly store: Store;
  readonly page: MetricsPage;
  readonly whyNotReady: WhyNotReady;
  readonly counters: Counters;
  readonly log: Log;
}

/** The largest body taken: about 15,000 alerts (design, section 4). */
const bodyMaxBytes = 32 * 1024 * 1024;

/** Routes the app's own HTTP port. */
export function routeHttp(doors: HttpDoors): Hono {
  const http = new Hono();
  http.post(
    '/alertmanager',
    requireBearer(doors.alertmanagerTokens),
    bodyLimit({
      maxSize: bodyMaxBytes,
      onError: (context) => context.json({ error: 'the body is larger than 32 MiB' }, 413),
    }),
    postAlertmanager(doors),
  );
  http.get('/healthz', getHealthz());
  http.get('/readyz', getReadyz(doors));
  http.get('/metrics', getMetrics(doors));
  if (doors.auditTokens.length > 0) {
    http.get('/audit.jsonl', requireBearer(doors.auditTokens), getAudit(doors));
  }
  http.onError((error, context) => {
    if (error instanceof OperationError) {
      doors.log.warn({ err: error, path: context.req.path }, 'answering an HTTP request');
      return context.json({ error: error.message }, 503);
    }
    doors.log.error({ err: error, path: context.req.path }, 'answering an HTTP request');
    return context.json({ error: 'something went wrong inside Headroom' }, 500);
  });
  return http;
}
