// Every limit Slack puts on messages, modals and Block Kit, in one table, so that builders, emulator and tests agree.

/**
 * What Slack accepts, per kind of thing. `…Chars` counts characters, the rest counts items.
 * Slack documents all of them except `message.allBlocksTextChars`, which was seen in the wild at about 13,200.
 */
export const slackLimits = {
  message: {
    blocks: 50,
    /** Past this the call is refused; Slack advises to stay below `textAdvisedChars`. */
    textChars: 40_000,
    textAdvisedChars: 4_000,
    allBlocksTextChars: 13_000,
    tables: 1,
  },
  modal: {
    blocks: 100,
    titleChars: 24,
    submitChars: 24,
    closeChars: 24,
    privateMetadataChars: 3_000,
    callbackIdChars: 255,
    externalIdChars: 255,
    /** Size of the whole view as JSON. */
    bytes: 250 * 1024,
    /** How many modals may lie on top of each other. */
    stack: 3,
  },
  home: { blocks: 100 },
  block: { idChars: 255 },
  action: { idChars: 255 },
  section: { textChars: 3_000, fields: 10, fieldChars: 2_000 },
  header: { textChars: 150 },
  context: { elements: 10, textChars: 2_000 },
  actions: { elements: 25 },
  image: { altTextChars: 2_000, titleChars: 2_000, urlChars: 3_000 },
  input: { labelChars: 2_000, hintChars: 2_000 },
  /** Summed over all markdown blocks of one message. */
  markdown: { textChars: 12_000 },
  table: { rows: 100, columns: 20, columnSettings: 20, textChars: 10_000 },
  button: {
    textChars: 75,
    /** What a phone shows before it cuts the text. */
    textVisibleChars: 30,
    valueChars: 2_000,
    urlChars: 3_000,
    accessibilityLabelChars: 75,
  },
  select: { options: 100, optionGroups: 100 },
  overflow: { options: 5 },
  choice: { options: 10 },
  option: { textChars: 75, valueChars: 75, descriptionChars: 75 },
  optionGroup: { labelChars: 75 },
  placeholder: { textChars: 150 },
  confirm: { titleChars: 100, textChars: 300, buttonChars: 30 },
  plainTextInput: { lengthChars: 3_000 },
  trigger: { lifetimeMs: 3_000 },
  responseUrl: { lifetimeMs: 30 * 60_000, uses: 5 },
  /** How long Slack waits for an acknowledgement before it tells the user that the app failed. */
  ack: { timeoutMs: 3_000 },
} as const;
