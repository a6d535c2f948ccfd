// Text in code blocks: nothing in it can leave the block or call people, and what does not fit is counted.
import { describe, expect, it } from 'vitest';
import { codeBlocks } from '../../src/message/code-block.ts';
import { validateBlocks } from '../../src/message/validate-blocks.ts';

const texts = (lines: readonly string[], sectionsMax?: number) =>
  codeBlocks(lines, sectionsMax).map(({ text }) => text?.text ?? '');

describe('a code block', () => {
  it('holds text from outside as text', () => {
    expect(texts(['a < b && c > d', '```<!channel>``` `@here` <@U0ANN00001>'])).toEqual([
      "```\na &lt; b &amp;&amp; c &gt; d\n'''&lt;!channel&gt;''' '@here' &lt;@U0ANN00001&gt;\n```",
    ]);
  });

  it('goes on in another section, and says how many lines are left out', () => {
    const line = 'x'.repeat(99);
    const lines = (count: number) => Array.from({ length: count }, () => line);
    expect(texts(lines(29), 2)).toHaveLength(1);
    expect(texts(lines(58), 2)[1]).not.toContain('more');
    expect(texts(lines(59), 2)[1]).toContain('\n… and 1 more line\n```');
    expect(texts(lines(120), 2)[1]).toContain('\n… and 62 more lines\n```');
    expect(validateBlocks('message', codeBlocks(lines(120)))).toEqual([]);
  });

  it('does not cut through what stands for a mark', () => {
    const [text = ''] = texts(['<'.repeat(2000)]);
    expect(text).toMatch(/^```\n(?:&lt;)+…\n```$/);
    expect(validateBlocks('message', codeBlocks(['<'.repeat(2000)]))).toEqual([]);
  });
});
