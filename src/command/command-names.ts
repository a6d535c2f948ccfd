// What the two slash commands are called; settings may rename them where the names are taken.

export interface CommandNames {
  readonly capacity: string;
  readonly scale: string;
}
