// Reads request bodies up to the size the real server takes.
import type { IncomingMessage } from 'node:http';
import { failure } from './status.ts';

/** Bodies above this are refused, as the real server does. */
const bodyBytesMax = 3_145_728;
/** The body as text. Throws 413 for one that is too large. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size <= bodyBytesMax) chunks.push(bytes);
  }
  if (size > bodyBytesMax) {
    throw failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: limit is ${bodyBytesMax}`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}
