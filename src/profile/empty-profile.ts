// Stands in for the profile of a system that has none: nothing is known about it but what its cluster says.
import type { Profile } from './profile.ts';

/** No inputs, components, triggers or rates. */
export const emptyProfile: Profile = {
  id: 'none',
  title: 'Without a profile',
  guide: 'none',
  inputs: new Map(),
  values: new Map(),
  components: new Map(),
  triggers: new Map(),
  choose: 'first',
  sizings: [],
  warnings: [],
  procedures: new Map(),
  checklists: new Map(),
};
