// Remembers what has been started, so that all of it is stopped again in reverse order, whatever went wrong in between.

export class Closers {
  readonly #open: { readonly what: string; readonly close: () => Promise<void> }[] = [];

  add(what: string, close: () => Promise<void>): void {
    this.#open.push({ what, close });
  }

  /** Closes everything, the newest first; one that fails does not keep the others open. Returns what went wrong. */
  async closeAll(): Promise<readonly string[]> {
    const troubles: string[] = [];
    for (;;) {
      const last = this.#open.pop();
      if (last === undefined) return troubles;
      try {
        await last.close();
      } catch (error) {
        troubles.push(
          `stopping ${last.what}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
}
