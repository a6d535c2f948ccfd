// Writes an anonymous block of PL/pgSQL, which does what depends on what a server has.

/** A quoted name may hold what would end the block, so the block ends with what is not in it. */
export function doBlock(body: string): string {
  let tag = '$grant$';
  while (body.includes(tag)) tag = tag.replace('t$', 'tt$');
  return `do ${tag}\n${body} ${tag};`;
}
