// How long it takes to read a profile, all its formulas compiled and checked, beside its YAML alone.
import { parse } from 'yaml';
import { parseProfile } from '../src/profile/parse-profile.ts';
import { sideBySide } from './measure.ts';
import { type Row, row } from './row.ts';

export interface ProfileText {
  readonly file: string;
  readonly text: string;
}

/** One row a profile. */
export function parseRows(texts: readonly ProfileText[], times: number): readonly Row[] {
  return texts.map(({ file, text }) => {
    const { subject, baseline } = sideBySide({
      times,
      warmUp: 1,
      subject: () => parseProfile(text, file),
      baseline: () => parse(text, { merge: true }),
    });
    return row({
      what: `reading ${file}`,
      measured: subject,
      baseline,
      baselineIs: 'its YAML alone',
    });
  });
}
