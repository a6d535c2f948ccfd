// Text set in columns, as Slack shows it in a code block.
import type { SectionBlock } from '@slack/types';
import { slackLimits } from './limits.ts';
import { escapeMrkdwn, section } from './message.ts';

const fence = '```';

/** Lines in code blocks, in as many sections as they need, up to `sectionsMax`; what does not fit is counted. */
export function codeBlocks(lines: readonly string[], sectionsMax = 4): readonly SectionBlock[] {
  const room = slackLimits.section.textChars - 2 * fence.length - 40;
  const texts: string[] = [];
  let shown = 0;
  for (const line of lines) {
    // A fence inside would end the block early.
    const text = escapeMrkdwn(line).replaceAll('`', "'").slice(0, room);
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
    const rest = others > 0 && index === texts.length - 1 ? `\n… and ${others} more lines` : '';
    return section(`${fence}\n${text}${rest}\n${fence}`);
  });
}
