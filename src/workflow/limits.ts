// The clocks and bounds of the workflows, each with its reason.

export const limits = {
  /** A run nobody has heard of for this long is looked after by somebody else: 15 s at most from death to the next run. */
  runHoldMs: 6_000,
  runRenewMs: 2_000,
  /** A queued run older than this is offered to the queue again; older than `runDirectMs`, it is run without the queue. */
  runOfferMs: 2_000,
  runDirectMs: 4_000,
  /** What was measured before capacity is given back counts for this long: time enough to be offered twice. */
  giveBackFreshMs: 60_000,
  /** After so many runs in a row that were cut off, giving back waits like anything else that speaks against it. */
  giveBackAttemptsMax: 3,
  /** A plan that ten runs could not finish has a fault that an eleventh will not mend. */
  runsMax: 10,
  /** How often a rollout is looked at (no request each, as long as its cluster can be watched), and how long it may take before it is called stuck. */
  rolloutPollMs: 2_500,
  rolloutDeadlineMs: 10 * 60_000,
  /** How often a gate is looked at, and how long something may stay unknown there that had to be so at once. */
  gatePollMs: 5_000,
  gateUnknownMs: 2 * 60_000,
  /** A person's step that nobody has ticked by then ends the run: what was approved was for today. */
  humanStepMs: 24 * 3_600_000,
  /** Reads before a write are tried this often, this far apart. */
  readAttempts: 4,
  readRetryMs: 2_000,
  /** A server that asks a run to wait longer than this is not asked again: the approval was for now. */
  waitMaxMs: 10_000,
  /** After its alert cleared, a proposed plan waits this long for somebody to approve it anyway (design, section 1). */
  clearedMs: 15 * 60_000,
  /** How often the metric of an applied plan is asked whether it helped. */
  judgeEveryMs: 5_000,
  /** How often a finding that had nothing to base a size on is looked at again. */
  relookMs: 60_000,
  /** Alerts looked at in one go; a storm of 10,000 is a few of these. */
  alertBatch: 2_000,
  /** How long one process may take to answer a command or to send a message before another may try. */
  commandHoldMs: 30_000,
  messageHoldMs: 20_000,
  /** Slack asks for at most one message a second and channel. */
  slackPaceMs: 1_000,
  slackRetryMs: 5_000,
  /** The start waits this long for Slack, then goes on without it. */
  slackConnectMs: 10_000,
  slackRetryMaxMs: 30_000,
  /** Whoever asks how a system stands is not held up by a database that hangs. */
  healthMs: 3_000,
  /** Between the two readings that give a rate. */
  rateMs: 1_000,
  sweepEveryMs: 1_000,
  scheduleEveryMs: 10_000,
  /** Alerts and commands are kept this long after they were last seen; plans, votes and the trail for good. */
  keepMs: 30 * 24 * 60 * 60_000,
  forgetEveryMs: 60 * 60_000,
} as const;
