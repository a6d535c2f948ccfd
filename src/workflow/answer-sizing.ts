// Answers commands that size a system: they observe, compute and show, and never change anything.

import { chartOfForecast } from '../chart/chart-of-forecast.ts';
import { renderForecastChart } from '../chart/forecast-chart.ts';
import type { Command } from '../command/parse-command.ts';
import { assert, OperationError } from '../errors.ts';
import { misuseMessage, refusedMessage } from '../message/command-reply.ts';
import { costMessage } from '../message/cost-reply.ts';
import { explanationMessage, planExplanationMessage } from '../message/explain-reply.ts';
import { forecastMessage } from '../message/forecast-reply.ts';
import { literal, type Message } from '../message/message.ts';
import { rightSizeMessage } from '../message/right-size-reply.ts';
import { whatIfMessage } from '../message/what-if-reply.ts';
import type { System } from '../plan/system.ts';
import type { StoredCommand } from '../ports.ts';
import { explain } from '../sizing/explain.ts';
import { type Forecast, forecast } from '../sizing/forecast.ts';
import { whatIf } from '../sizing/what-if.ts';
import type { Parts } from './parts.ts';
import { rightSizeSystem } from './right-size-system.ts';
import { sizeSystem } from './size-system.ts';

type SizingCommand = Extract<Command, { readonly inputs: ReadonlyMap<string, string> }>;

/** The answer to `/capacity plan | what-if | forecast | cost | explain SYSTEM key=value…`. */
export async function answerSizing(
  command: SizingCommand,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const system = parts.systems.get(command.system);
  assert(system !== undefined, 'a parsed command names a known system');
  if (system.wholeNamespace !== undefined) {
    return refusedMessage(
      `${system.id} has no profile, so there is nothing to size; its autoscalers are answered when they are at their maximum`,
    );
  }
  if (command.kind === 'plan') return planned(system, command, stored, parts);
  if (command.kind === 'forecast') return forecasted(system, command, stored, parts);
  const result = whatIf(system.profile, command.inputs, system.money);
  if (result.kind === 'misuse') return misuseMessage(stored.name, result.mistakes.join('; '));
  switch (command.kind) {
    case 'what-if':
      return whatIfMessage(system.title, result);
    case 'cost':
      return costMessage(system.title, system.profile, result, system.money ?? {});
    case 'explain':
      return explanationMessage(
        system.title,
        result.recommended && {
          sizing: result.recommended.sizing.id,
          explanations: explain(system.profile, result.recommended, result.inputs),
        },
      );
  }
}

async function planned(
  system: System,
  command: SizingCommand,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const sized = await sizeSystem(system, command.inputs, parts);
  return sized.kind === 'misuse'
    ? misuseMessage(stored.name, sized.mistakes.join('; '))
    : whatIfMessage(system.title, sized.plan, {
        changes: sized.changes,
        cost: sized.cost,
        notes: sized.notes,
        room: sized.room,
        scaleWith: (component, replicas) =>
          `${parts.commands.scale} ${system.id}/${component} replicas=${replicas}`,
      });
}

async function forecasted(
  system: System,
  command: SizingCommand,
  stored: StoredCommand,
  parts: Parts,
): Promise<Message> {
  const answer = forecast(system.profile, command.inputs, system.money);
  if (answer.kind === 'misuse') return misuseMessage(stored.name, answer.mistakes.join('; '));
  const posted = await postChart(system, answer, stored, parts);
  return forecastMessage(system.title, answer, posted);
}

/** Slack shows a file to one person only as a direct message. Without its picture the forecast is still told in words. */
async function postChart(
  system: System,
  answer: Forecast,
  stored: StoredCommand,
  { chat, drawPicture, log }: Parts,
): Promise<'sent' | 'not-sent'> {
  const chart = renderForecastChart(chartOfForecast(system.title, answer));
  const title = `Forecast of ${system.title}`;
  try {
    const answered = await chat.postPicture(stored.userId, {
      fileName: `forecast-${system.id}.png`,
      title,
      altText: chart.altText,
      comment: literal(title, 150),
      png: await drawPicture(chart.svg),
    });
    if (answered.kind === 'sent') return 'sent';
    log.warn({ command: stored.id, answer: answered }, 'sending the chart of a forecast');
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    log.warn({ command: stored.id, err: error }, 'sending the chart of a forecast');
  }
  return 'not-sent';
}

/** The arithmetic of a plan as it was frozen. */
export async function explainPlan(planId: string, { store }: Parts): Promise<Message> {
  const record = await store.transaction((tx) => tx.plans.find(planId));
  return record === undefined
    ? refusedMessage(`there is no plan ${planId}`)
    : planExplanationMessage(record.plan);
}

/** The answer to `/capacity right-size SYSTEM[/component]`. */
export async function answerRightSize(
  { system: id, component }: Extract<Command, { readonly kind: 'right-size' }>,
  parts: Parts,
): Promise<Message> {
  const system = parts.systems.get(id);
  assert(system !== undefined, 'a parsed command names a known system');
  const { sized, notSized } = await rightSizeSystem(system, { component }, parts);
  return rightSizeMessage(system.title, sized, notSized);
}
