// What a button carries: which plan and exactly which text of it. Who clicks is told by Slack's signature, never by this.

export interface PlanToken {
  readonly planId: string;
  readonly planHash: string;
}

/** The value of a plan's button or the private metadata of its modal. */
export function formatPlanToken(token: PlanToken): string {
  return `${token.planId}:${token.planHash}`;
}

/** Undefined for anything that this product never rendered. */
export function parsePlanToken(text: unknown): PlanToken | undefined {
  if (typeof text !== 'string') return undefined;
  const match = /^(p-[a-z0-9]{4,32}):([0-9a-f]{64})$/.exec(text);
  return match?.[1] === undefined || match[2] === undefined
    ? undefined
    : { planId: match[1], planHash: match[2] };
}
