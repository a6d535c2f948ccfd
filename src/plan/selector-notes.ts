// Says where a selector that means a workload's pods finds none of them: a budget or a spread would then do nothing, without a word.

import { escaped, valueAt } from '../change/pointer.ts';
import { isMap } from './merge-fields.ts';
import { type StepFacts, seenWorkload } from './step-facts.ts';

/** One sentence for each label that the workload's name is looked for in and that its pods do not have. */
export function strangeSelectors(fields: unknown, facts: StepFacts): readonly string[] {
  const { name } = facts.workload;
  const template = valueAt(seenWorkload(facts)?.value, '/spec/template/metadata');
  if (template === undefined) return [];
  const labels = valueAt(template, '/labels');
  const missing = new Set(
    selectedBy(fields, name).filter((label) => valueAt(labels, `/${escaped(label)}`) !== name),
  );
  return [...missing].map(
    (label) =>
      `No pod of ${name} has the label ${label}=${name}: what is selected by it would be none of them.`,
  );
}

/** The labels in which a selector anywhere inside looks for this value. */
function selectedBy(tree: unknown, value: string): readonly string[] {
  if (Array.isArray(tree)) return tree.flatMap((each: unknown) => selectedBy(each, value));
  if (!isMap(tree)) return [];
  const { key: label, values } = tree;
  if (typeof label === 'string' && Array.isArray(values) && values.includes(value)) return [label];
  return Object.entries(tree).flatMap(([key, part]) =>
    key === 'matchLabels' && isMap(part)
      ? Object.keys(part).filter((each) => part[each] === value)
      : selectedBy(part, value),
  );
}
