// Sizes a shipped profile from inputs and puts a sizing into one line, so that tests can state it as a guide's row.
import type { Profile } from '../../src/profile/profile.ts';
import { type CapacityPlan, whatIf } from '../../src/sizing/what-if.ts';

/** The plan for inputs that are in range; a mistake in them fails the test. */
export function ask(profile: Profile, inputs: Readonly<Record<string, number>>): CapacityPlan {
  const given = Object.entries(inputs).map(([name, value]) => [name, String(value)] as const);
  const result = whatIf(profile, new Map(given));
  if (result.kind !== 'sized') throw new Error(result.mistakes.join('\n'));
  return result;
}

/** `4 × 10 × 513m/1625Mi`: parts, pods and what each requests; what does not fit ends in its reasons. */
export function sizeWords(plan: CapacityPlan, id = plan.recommended?.sizing.id): string {
  const sized = plan.sizings.find(({ sizing }) => sizing.id === id);
  const [main] = sized?.components ?? [];
  const size = main && `${main.replicas} × ${main.pod.cpuMillicores}m/${main.pod.memoryMi}Mi`;
  const parts = sized !== undefined && sized.parts > 1 ? `${sized.parts} × ` : '';
  return [`${parts}${size ?? 'nothing'}`, ...(sized?.reasons ?? [])].join(': ');
}
