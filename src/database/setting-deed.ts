// Writes one server setting into postgresql.auto.conf and has the configuration read anew.

import { z } from 'zod';
import { amountOf, sameValue } from './amounts.ts';
import type { DeedKind } from './deed-kind.ts';
import { quotedText } from './names.ts';
import type { ParameterName } from './parameters.ts';
import { type Answers, type Query, rowsOf } from './query.ts';
import { whyFilesUnread, wrongInFiles } from './setting-files.ts';
import type { Standing, Statements } from './standing.ts';

/** ALTER SYSTEM of one setting of the allow-list. */
export interface SettingDeed {
  readonly deed: 'setting';
  readonly name: ParameterName;
  /** What postgresql.auto.conf says, word for word; absent where it says nothing of it. */
  readonly before?: string;
  readonly after?: string;
  /** Only a restart brings it into effect; else the configuration is read anew. */
  readonly restart?: true;
  /** What is in effect, for people: "4MB". */
  readonly running: string;
  /** What will be in effect where `after` is absent, as far as was seen: an undo brings back what other files said. */
  readonly returns?: string;
  /** The server's own unit of it, such as `8kB`. */
  readonly unit?: string;
}

const inEffect = z.object({
  setting: z.string(),
  unit: z.string().nullable(),
  vartype: z.string(),
  context: z.string(),
  pending: z.boolean(),
  shown: z.string(),
  isFromAlterSystem: z.boolean(),
});
const inFile = z.object({ setting: z.string().nullable(), error: z.string().nullable() });

/**
 * Of a setting: what is in effect, what postgresql.auto.conf says, and what is wrong with the files. The last two need a
 * grant (docs/databases.md).
 */
function settingQueries(name: string): readonly Query[] {
  return [
    {
      text: `select setting, unit, vartype, context, source, pending_restart as pending, current_setting(name) as shown,
                    coalesce(sourcefile like '%postgresql.auto.conf', false) as "isFromAlterSystem"
               from pg_settings where name = $1`,
      values: [name],
    },
    {
      text: `select setting, error from pg_file_settings
              where lower(name) = $1 and sourcefile like '%postgresql.auto.conf' order by seqno desc limit 1`,
      values: [name],
    },
    wrongInFiles,
  ];
}

function standing(deed: SettingDeed, answers: Answers): Standing {
  const [now] = rowsOf(inEffect, answers, 0);
  const [file] = rowsOf(inFile, answers, 1);
  const { name, before, after } = deed;
  if (now === undefined) return drifted(`the server has no setting ${name} any more`);
  const unread = whyFilesUnread(answers, 2);
  if (unread !== undefined) return drifted(unread);
  const like = { unit: now.unit ?? undefined, vartype: now.vartype };
  const written = file?.setting ?? undefined;
  const isWritten =
    after === undefined
      ? written === undefined
      : written !== undefined && sameValue(written, after, like);
  if (!isWritten) {
    // Where it says nothing another file may have said something else since; what is taken back was in effect.
    const isOther = before === undefined && !sameValue(now.shown, deed.running, like);
    if (written === before && isOther) {
      return drifted(`${name} is ${now.shown} by now, the plan saw ${deed.running}`);
    }
    if (written === before) return { kind: 'unchanged', write: alterSystem(deed) };
    return drifted(
      `postgresql.auto.conf says ${written ?? 'nothing'} for ${name}, the plan saw ${before ?? 'nothing'}`,
    );
  }
  // Of what only a restart brings into effect it says that it "could not be applied", which is no trouble.
  const error = now.context === 'postmaster' ? null : file?.error;
  if (error) return drifted(`the server does not take ${name}: ${error}`);
  // What other files say is not known; but what was taken out of this one must not be in effect any more.
  const isRunning =
    after === undefined
      ? !now.pending && !now.isFromAlterSystem
      : sameValue(now.setting, after, like);
  if (isRunning) return { kind: 'reached' };
  if (now.context === 'postmaster') {
    return now.pending
      ? { kind: 'reached', note: `${name} takes effect with the next restart` }
      : {
          kind: 'unchanged',
          write: reload,
          begun: 'the server has not read its configuration yet',
        };
  }
  const begun = `${name} is written, but ${now.setting}${now.unit ?? ''} is in effect`;
  return { kind: 'unchanged', write: reload, begun };
}

const readAnew = 'select pg_reload_conf()';
const reload: Statements = { manner: 'alone', statements: [readAnew] };

function alterSystem({ name, after }: SettingDeed): Statements {
  const alter =
    after === undefined
      ? `alter system reset ${name}`
      : `alter system set ${name} = ${quotedText(after)}`;
  return { manner: 'alone', statements: [alter, readAnew] };
}

function drifted(because: string): Standing {
  return { kind: 'drifted', because };
}

/** Settings of which less is less room for somebody. */
function isDecrease({ running, after, returns, unit }: SettingDeed): boolean {
  const then = after ?? returns;
  if (then === undefined) return false;
  const [from, to] = [amountOf(running, unit), amountOf(then, unit)];
  return from !== undefined && to !== undefined && to < from;
}

export const settingDeed: DeedKind<SettingDeed> = {
  allow: () => 'settings',
  undo: (deed) => ({ kind: 'exact', by: undone(deed) }),
  isTakenBack: () => true,
  isDecrease,
  statements: (deed) => alterSystem(deed).statements,
  look: ({ name }) => settingQueries(name),
  standing,
  words: ({ name, running, after, returns, restart: isLater }) => {
    const restart = isLater ? ' (with the next restart)' : '';
    const others = `as in the other files${returns === undefined ? '' : `, ${returns}`}`;
    return `${name} ${running} → ${after ?? others}${restart}`;
  },
};

/** Taken back from what it brings into effect to what was in effect before it. */
function undone({ before, after, running, returns, ...rest }: SettingDeed): SettingDeed {
  return {
    ...rest,
    running: after ?? returns ?? running,
    ...(after !== undefined && { before: after }),
    ...(before === undefined ? { returns: running } : { after: before }),
  };
}
