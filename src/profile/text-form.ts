// The forms a text may have that somebody gives to a procedure: narrow ones, because it ends up in objects of a cluster.

export type TextForm = 'name' | 'names' | 'host' | 'cluster' | 'words';

/** A reason of more words than this is no reason any more. */
const WORDS_CHARACTERS_MAX = 300;

/** One name is at most 253 characters, and nobody types more than a few. */
const NAMES_CHARACTERS_MAX = 2000;

const NAME = '[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?';

const forms: Readonly<
  Record<TextForm, { readonly pattern: RegExp; readonly max: number; readonly words: string }>
> = {
  name: {
    pattern: new RegExp(`^${NAME}$`),
    max: 253,
    words: 'a name of lower-case letters, digits and dashes',
  },
  names: {
    pattern: new RegExp(`^${NAME}(?:,${NAME})*$`),
    max: NAMES_CHARACTERS_MAX,
    words: 'names of lower-case letters, digits and dashes, with commas between them',
  },
  host: {
    pattern: new RegExp(`^${NAME}(?::[0-9]{1,5})?$`),
    max: 259,
    words: 'a host, with its port if it needs one',
  },
  cluster: {
    pattern: new RegExp(`^(?:${NAME})?$`),
    max: 253,
    words: 'the name of a cluster in headroom.yaml, or nothing for that of the system',
  },
  words: {
    pattern: /^[^\u0000-\u001f\u007f{}$]+$/,
    max: WORDS_CHARACTERS_MAX,
    words: `at most ${WORDS_CHARACTERS_MAX} characters, without { } and $`,
  },
};

/** What a text should be and is not, or `undefined` when it has the form. */
export function notOfForm(text: string, form: TextForm): string | undefined {
  const { pattern, max, words } = forms[form];
  return text.length <= max && pattern.test(text) ? undefined : words;
}

/** The form in words, for people who have to fill it in. */
export function formWords(form: TextForm): string {
  return forms[form].words;
}
