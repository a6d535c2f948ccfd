// Takes the file out of an upload, which is either the bare bytes or a form with one part.

/** The uploaded bytes. A form without a readable part counts as empty. */
export function uploadedBytes(contentType: string, body: Buffer): Buffer {
  const boundary = /^multipart\/form-data;.*boundary="?([^";]+)"?/iu.exec(contentType)?.[1];
  if (boundary === undefined) return body;
  const headEnd = body.indexOf('\r\n\r\n');
  const end = body.indexOf(`\r\n--${boundary}`, headEnd + 4);
  return headEnd < 0 || end < 0 ? Buffer.alloc(0) : body.subarray(headEnd + 4, end);
}
