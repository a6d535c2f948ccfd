// Why a run that has begun may not write or go on now.

import type { Mode } from './condition.ts';
import type { Verdict } from './evaluate.ts';

/** Undefined while the approval is in force and the system may be written to. */
export function whyHalted(verdict: Verdict, mode: Mode): string | undefined {
  if (verdict.kind !== 'approved') return verdict.because;
  return mode === 'apply' ? undefined : 'the system is no longer in apply mode';
}
