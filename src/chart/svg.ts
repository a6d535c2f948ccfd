// Writes SVG: elements with rounded numbers, and text that can never become markup.

import { plainLine } from '../message/message.ts';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; children are SVG already. Attributes that are undefined are left out. */
export function element(
  name: string,
  attributes: Attributes,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(
      ([key, value]) =>
        ` ${key}="${escaped(typeof value === 'number' ? rounded(value) : String(value))}"`,
    )
    .join('');
  return children.length === 0
    ? `<${name}${written}/>`
    : `<${name}${written}>${children.join('')}</${name}>`;
}

/** A line of text from anywhere. */
export function words(text: string, attributes: Attributes): string {
  return element('text', attributes, escaped(plainLine(text)));
}

/** A tenth of a unit is less than anybody sees; more digits would make the text differ for nothing. */
function rounded(value: number): string {
  const text = value.toFixed(1).replace(/\.0$/, '');
  return text === '-0' ? '0' : text;
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
