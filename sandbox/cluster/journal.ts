// Notes requests while they are answered, so that even those without an answer are on record.
import type { JournalEntry } from './control.ts';

/** An entry of the journal that is completed while the request is answered. */
export class JournalNote {
  private readonly journal: JournalEntry[];
  private entry: JournalEntry;

  constructor(journal: JournalEntry[], entry: JournalEntry) {
    this.journal = journal;
    this.entry = entry;
    journal.push(entry);
  }

  update(more: Partial<JournalEntry>): void {
    const index = this.journal.lastIndexOf(this.entry);
    this.entry = { ...this.entry, ...more };
    if (index >= 0) this.journal[index] = this.entry;
  }
}
