// Does something for many, a few at a time, so that one that waits for its deadline does not hold up all others.

const atOnceDefault = 8;

/** Calls `work` for each, eight at once unless told otherwise; the first error stops what has not begun and is thrown when the rest has ended. */
export async function inParallel<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  { atOnceMax = atOnceDefault }: { readonly atOnceMax?: number } = {},
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await work(item);
  };
  const ended = await Promise.allSettled(Array.from({ length: atOnceMax }, worker));
  const failed = ended.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
