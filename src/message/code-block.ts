// Text set in columns, as Slack shows it in a code block.
import type { SectionBlock } from '@slack/types';
import { slackLimits } from './limits.ts';
import { cut, escapeMrkdwn, section } from './message.ts';

const fence = '```';

/**
 * Lines in code blocks, in as many sections as they need, up to `sectionsMax` of `sectionChars` characters each; what
 * does not fit is counted.
 */
export function codeBlocks(
  lines: readonly string[],
  sectionsMax = 4,
  sectionChars: number = slackLimits.section.textChars,
): readonly SectionBlock[] {
  const room = sectionChars - 2 * fence.length - 40;
  const texts: string[] = [];
  let shown = 0;
  for (const line of lines) {
    // A fence inside would end the block early.
    const text = fitting(escapeMrkdwn(line).replaceAll('`', "'"), room);
    const last = texts.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= room) {
      texts[texts.length - 1] = `${last}\n${text}`;
    } else if (texts.length < sectionsMax) {
      texts.push(text);
    } else {
      break;
    }
    shown += 1;
  }
  const others = lines.length - shown;
  return texts.map((text, index) => {
    const rest =
      others > 0 && index === texts.length - 1
        ? `\n… and ${others} more ${others === 1 ? 'line' : 'lines'}`
        : '';
    return section(`${fence}\n${text}${rest}\n${fence}`);
  });
}

/** One line that is too long, cut with an ellipsis and not through what stands for a mark. */
function fitting(escaped: string, charactersMax: number): string {
  if (escaped.length <= charactersMax) return escaped;
  return `${cut(escaped, charactersMax)
    .slice(0, -1)
    .replace(/&[a-z]{0,4}$/, '')}…`;
}
