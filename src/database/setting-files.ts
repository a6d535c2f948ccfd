// What the configuration files of a server say, what of it waits for a restart, and what is wrong with them.

import { z } from 'zod';
import { parameters } from './parameters.ts';
import { type Answers, type Query, rowsOf } from './query.ts';

const line = z.object({
  name: z.string(),
  setting: z.string().nullable(),
  isOwn: z.boolean(),
  isPending: z.boolean(),
  shown: z.string(),
});

/**
 * Of the settings of the allow-list and of all that wait for a restart, in the order in which the server reads them. What the
 * command line gives stays as it is, whatever the files say, although the server calls it pending. Needs a grant.
 */
export const filesNow: Query = {
  text: `with files as materialized (select * from pg_file_settings)
         select s.name, files.setting, files.sourcefile like '%postgresql.auto.conf' as "isOwn",
                s.context = 'postmaster' and s.pending_restart and s.source <> 'command line' as "isPending",
                current_setting(s.name) as shown
           from files join pg_settings s on s.name = lower(files.name)
          where s.name = any($1) or s.pending_restart
          order by files.seqno`,
  values: [Object.keys(parameters)],
};

/** What the files say, and what is in effect until the restart. */
export interface PendingSetting {
  readonly setting: string;
  readonly shown: string;
}

export interface SettingFiles {
  /** What postgresql.auto.conf says, by name. */
  readonly own: ReadonlyMap<string, string>;
  /** What waits for a restart, by name. */
  readonly pending: ReadonlyMap<string, PendingSetting>;
}

export function settingFiles(answers: Answers, index: number): SettingFiles {
  const own = new Map<string, string>();
  const pending = new Map<string, PendingSetting>();
  // Of several lines the last one counts.
  for (const { name, setting, isOwn, isPending, shown } of rowsOf(line, answers, index)) {
    if (isOwn && setting !== null) own.set(name, setting);
    if (isPending && setting !== null) pending.set(name, { setting, shown });
  }
  return { own, pending };
}

const wrong = z.object({
  file: z.string().nullable(),
  line: z.number().nullable(),
  name: z.string().nullable(),
  error: z.string(),
});

/**
 * Behind a file that cannot be read the server looks at no other, so postgresql.auto.conf seems to say nothing. What waits
 * for a restart is an error there as well, and none: a session knows what waits once it has looked into the files, so this
 * is asked after another question about them. What names an object of a database may be wrong in this database alone; the
 * server starts with it.
 */
export const wrongInFiles: Query = {
  text: `select sourcefile as file, sourceline as line, name, error from pg_file_settings files
          where error is not null
            and (name is null or lower(name) <> all ('{client_encoding,default_table_access_method,default_tablespace,default_text_search_config,temp_tablespaces}'))
            and not exists (select from pg_settings s
                             where s.name = lower(files.name) and s.context = 'postmaster' and s.pending_restart)
          order by seqno limit 1`,
};

/** In words, and what to do; undefined where nothing is wrong. */
export function whyFilesUnread(answers: Answers, index: number): string | undefined {
  const [first] = rowsOf(wrong, answers, index);
  if (first === undefined) return undefined;
  const { file, line: at, name, error } = first;
  const where = [
    ...(file === null ? [] : [file]),
    ...(at === null ? [] : [`line ${at}`]),
    ...(name === null ? [] : [name]),
  ];
  return `the server's configuration has an error (${[...where, error].join(', ')}): it does not take it up as it stands, and may not start again with it; have that mended first`;
}
