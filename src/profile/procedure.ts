// What a procedure says once it is read: the short forms written out, and one kind per step.
import { assert } from '../errors.ts';
import type { Formula } from './formula.ts';
import type { ProfileFile } from './schema/profile-file.ts';
import type { Look } from './schema/step-parts.ts';
import type { StepFile } from './schema/steps.ts';
import type { Template } from './template.ts';

export type StepKind = keyof StepFile;

type Written<Kind extends StepKind> = Exclude<NonNullable<StepFile[Kind]>, Template | number>;

/** A step by its kind, with all that stands under its key. */
export type Step = {
  readonly [Kind in StepKind]: { readonly kind: Kind; readonly details: Written<Kind> };
}[StepKind];

/** What one kind of step says. */
export type Details<Kind extends StepKind> = Written<Kind>;

type ProcedureFile = ProfileFile['procedures'][string];
type WholeFile = Exclude<ProcedureFile, readonly unknown[]>;
type OwnInputFile = WholeFile['inputs'][string];

/** A number a procedure asks for beside the profile's inputs. */
export interface NumberInput {
  readonly type: 'integer' | 'number';
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Over what the profile knows and the inputs before it. */
  readonly default?: Formula | undefined;
  /** A component whose pods now are the default where its cluster is looked at. */
  readonly podsOf?: string | undefined;
  readonly description?: string | undefined;
}

/** A text a procedure asks for; it is never part of a query and only ever a value. */
export type TextInput = Extract<OwnInputFile, { readonly type: 'text' }>;

export type ProcedureInput = NumberInput | TextInput;

type Need = WholeFile['needs'][number];

/** What is done, in this order. */
export interface Procedure {
  readonly id: string;
  readonly title: string;
  /** Where the guide says so; a step may say it more exactly. */
  readonly source: string;
  readonly note?: Template | undefined;
  /** For when there is no time. */
  readonly emergency: boolean;
  /** When it usually runs, such as `22:00`, in the time zone set in headroom.yaml. */
  readonly daily?: string | undefined;
  readonly inputs: ReadonlyMap<string, ProcedureInput>;
  /** What must hold before it is drawn. */
  readonly needs: readonly Need[];
  readonly steps: readonly Step[];
}

/** One line of a checklist. */
export interface ChecklistItem {
  readonly say: string;
  readonly check?: Look | undefined;
  readonly source?: string | undefined;
}

export type Checklist = readonly ChecklistItem[];

/** A procedure with its short forms written out; `guide` is the source where it names none. */
export function procedureOf(id: string, file: ProcedureFile, guide: string): Procedure {
  const whole: WholeFile = Array.isArray(file)
    ? { steps: file, emergency: false, inputs: {}, needs: [] }
    : file;
  return {
    id,
    title: whole.title ?? titleOf(id),
    source: whole.source ?? guide,
    note: whole.note,
    emergency: whole.emergency,
    daily: whole.daily,
    inputs: new Map(
      Object.entries(whole.inputs).map(([name, each]) => [name, inputOf(name, each)]),
    ),
    needs: whole.needs,
    steps: whole.steps.map(stepOf),
  };
}

/** The lines of a checklist, a bare text being one without a check. */
export function checklistOf(file: ProfileFile['checklists'][string]): Checklist {
  return file.map((item) => (typeof item === 'string' ? { say: item } : item));
}

function titleOf(id: string): string {
  const words = id.replaceAll('-', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}

function inputOf(name: string, file: OwnInputFile): ProcedureInput {
  return file.type === 'text' ? file : { ...file, unit: file.unit ?? name };
}

function stepOf(file: StepFile): Step {
  const { wait, human, ...others } = file;
  if (wait !== undefined) {
    return { kind: 'wait', details: typeof wait === 'number' ? { for: wait } : wait };
  }
  if (human !== undefined) {
    return { kind: 'human', details: 'do' in human ? human : { do: human } };
  }
  const [found] = Object.entries(others);
  assert(found !== undefined, 'a checked step has one kind');
  const [kind, details] = found;
  // The schema ties the two together; a pair of an object does not.
  return { kind, details } as Step;
}
