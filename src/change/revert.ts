// Says of a change who will put what it writes back, when, and whether that is certain.

import { unreachable } from '../errors.ts';
import { listed } from '../words/listed.ts';
import type { SeenObject } from './compare.ts';
import { ownersOf } from './field-owner.ts';
import type { FluxSource, Keeper, Kept } from './keeper.ts';
import { isIgnored, type SyncSettings } from './sync-settings.ts';
import type { WrittenFields } from './written-fields.ts';

/** Somebody who puts back what a change writes, or may. */
export interface Revert {
  /**
   * `soon`: within minutes, whatever happens. `owner`: at once, because the object is made from another one.
   * `later`: at an occasion that may never come, or it is not known.
   */
  readonly when: 'soon' | 'owner' | 'later';
  /** A sentence for the card. */
  readonly note: string;
}

/** Argo CD compares this often by itself; a change it watches it often sees within seconds. */
const argoMinutes = 3;

interface Facts {
  readonly kept: Kept;
  readonly written: WrittenFields;
  readonly object: SeenObject;
  /** Undefined where there is nothing to read settings of. */
  readonly settings: SyncSettings | undefined;
}

/** Undefined when its own settings leave these fields alone. */
export function revertOf(facts: Facts): Revert | undefined {
  const { kept, written, object } = facts;
  const where = `${object.kind} ${object.name}`;
  const who = keeperWords(kept.keeper);
  if (kept.keeper.kind === 'owner') {
    return {
      when: 'owner',
      note: `${who} makes ${where} and puts it back at once; the change belongs in ${who}`,
    };
  }
  const left = (pointers: readonly string[]) =>
    pointers.filter((pointer) => !leavesAlone(facts.settings, written, pointer));
  const [holds, mayHold] = [left(kept.holds), left(kept.mayHold)];
  if (holds.length > 0) {
    const { when, said } = occasion(kept.keeper, facts, holds);
    return {
      when,
      note: `${who} keeps ${fieldWords(written, holds)} of ${where} as ${source(kept.keeper)} it and sets that back ${said}.`,
    };
  }
  if (mayHold.length === 0) return undefined;
  const { said } = occasion(kept.keeper, facts, mayHold);
  const owners = new Set(mayHold.flatMap((pointer) => ownersOf(object, pointer)));
  const fields = fieldWords(written, mayHold);
  const last = owners.size === 0 ? '' : `, and ${listed([...owners])} wrote ${fields} last`;
  return {
    when: 'later',
    note: `${who} keeps ${where}${last}. If ${source(kept.keeper)} ${fields} too, that is set back ${said}.`,
  };
}

function leavesAlone(
  settings: SyncSettings | undefined,
  { object }: WrittenFields,
  pointer: string,
): boolean {
  if (settings === undefined || settings.kind === 'unknown') return false;
  const counts = settings.kind === 'flux' || settings.respectsIgnored;
  return counts && isIgnored(settings.ignores, object, pointer);
}

interface Occasion {
  readonly when: 'soon' | 'later';
  readonly said: string;
}

function occasion(
  keeper: Exclude<Keeper, { kind: 'owner' }>,
  { settings, written }: Facts,
  pointers: readonly string[],
): Occasion {
  switch (keeper.kind) {
    case 'argo-cd':
      return argoOccasion(settings, written, pointers);
    case 'Kustomization':
    case 'HelmRelease':
      return fluxOccasion(keeper, settings);
    case 'helm':
      return { when: 'later', said: 'at its next upgrade' };
    case 'kubectl':
      return { when: 'later', said: 'when somebody applies that file again' };
    case 'applier':
      return {
        when: 'later',
        said: 'when it is applied again, by force where that asks about the conflict',
      };
    default:
      return unreachable(keeper);
  }
}

function argoOccasion(
  settings: SyncSettings | undefined,
  { object }: WrittenFields,
  pointers: readonly string[],
): Occasion {
  if (settings?.kind !== 'argo-cd') {
    const why = settings?.kind === 'unknown' ? `: ${settings.because}` : '';
    return {
      when: 'later',
      said: `within about ${argoMinutes} minutes if self-heal is on, else at its next sync (which of the two is not known${why})`,
    };
  }
  if (!settings.automated) {
    return { when: 'later', said: 'when somebody syncs it, for it does not sync by itself' };
  }
  const ignored = pointers.every((pointer) => isIgnored(settings.ignores, object, pointer));
  return settings.selfHeal && !ignored
    ? { when: 'soon', said: `within about ${argoMinutes} minutes, for self-heal is on` }
    : { when: 'later', said: 'at its next sync, when Git changes or somebody asks for one' };
}

function fluxOccasion({ kind }: FluxSource, settings: SyncSettings | undefined): Occasion {
  const isRelease = kind === 'HelmRelease';
  if (settings?.kind !== 'flux') {
    const why = settings?.kind === 'unknown' ? `: ${settings.because}` : '';
    const said = isRelease
      ? 'at its next upgrade, or at its next interval if it corrects drift'
      : 'at its next interval, unless it is suspended';
    return { when: 'later', said: `${said} (which of the two is not known${why})` };
  }
  if (settings.suspended) return { when: 'later', said: 'once it is resumed' };
  return settings.corrects
    ? { when: 'soon', said: `within ${settings.interval}, its interval` }
    : { when: 'later', said: 'at its next upgrade' };
}

function keeperWords(keeper: Keeper): string {
  switch (keeper.kind) {
    case 'argo-cd':
      return keeper.name === undefined ? 'Argo CD' : `Argo CD (application ${keeper.name})`;
    case 'Kustomization':
    case 'HelmRelease':
      return `Flux (${keeper.kind} ${keeper.namespace}/${keeper.name})`;
    case 'helm':
      return `Helm (release ${keeper.name})`;
    case 'kubectl':
      return 'kubectl apply';
    case 'applier':
      return `Field manager ${keeper.manager} (server-side apply)`;
    case 'owner':
      return `${keeper.ownerKind} ${keeper.name}`;
    default:
      return unreachable(keeper);
  }
}

function source(keeper: Exclude<Keeper, { kind: 'owner' }>): string {
  switch (keeper.kind) {
    case 'argo-cd':
    case 'Kustomization':
      return 'Git has';
    case 'HelmRelease':
    case 'helm':
      return 'the chart has';
    case 'kubectl':
      return 'the file has';
    case 'applier':
      return 'its source has';
    default:
      return unreachable(keeper);
  }
}

function fieldWords({ fields }: WrittenFields, pointers: readonly string[]): string {
  return listed(fields.flatMap(({ pointer, what }) => (pointers.includes(pointer) ? what : [])));
}
