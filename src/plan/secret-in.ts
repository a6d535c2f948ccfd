// Finds what looks like a secret among the values of a patch: a plan is stored, shown and hashed, so none may get into it.

import type { FieldValue, PatchField } from '../change/change.ts';

/** What the name of a variable or of a key says when its value is a secret. */
const secretWords: ReadonlySet<string> = new Set(
  'password passwd pwd pass passphrase secret secrets token tokens key keys apikey credential credentials dsn'.split(
    ' ',
  ),
);

const urlWithPassword = /[a-z][a-z0-9+.-]*:\/\/[^\s/@:]*:[^\s/@]+@/i;
const assignedPassword =
  /\b(password|passwd|requirepass|masterauth|secret|token)\b["']?\s*[=: ]\s*["']?[^\s"'{$]/i;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** Of which field a value looks like a secret, now or as it shall be; `named` fields are judged by their names as well. */
export function secretAmong(fields: readonly PatchField[]): PatchField | undefined {
  return fields.find(({ pointer, what, before, after }) => {
    const isNamed = pointer.startsWith('/data/') || what.startsWith('variable ');
    return [before, after].some(
      (value) =>
        value !== undefined &&
        (holdsSecret(value) || (isNamed && value !== '' && saysSecret(what))),
    );
  });
}

/** Whether a name such as DB_PASSWORD or apiToken says that its value is a secret. */
function saysSecret(name: string): boolean {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => secretWords.has(word));
}

function holdsSecret(value: FieldValue): boolean {
  if (typeof value === 'string') {
    return [urlWithPassword, assignedPassword, privateKey].some((form) => form.test(value));
  }
  if (typeof value !== 'object') return false;
  const variable = value as { readonly name?: unknown; readonly value?: unknown };
  if (
    typeof variable.name === 'string' &&
    typeof variable.value === 'string' &&
    saysSecret(variable.name)
  ) {
    return true;
  }
  return Object.values(value).some(holdsSecret);
}
