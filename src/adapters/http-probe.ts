// Asks an endpoint for its status: one GET, no redirects, no body read, a short deadline.

import { fetch } from 'undici';
import type { Probe } from '../ports.ts';

const deadlineMs = 5_000;

/** Asks over the network. */
export const probe: Probe = async (url) => {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(deadlineMs),
      headers: { 'user-agent': 'headroom' },
    });
    await response.body?.cancel();
    return { kind: 'answered', status: response.status };
  } catch (error) {
    return { kind: 'silent', because: whyNot(error) };
  }
};

/** Whatever goes wrong here is about the endpoint: what it said is the answer, and nothing is lost. */
function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `no answer within ${deadlineMs / 1000} s`;
  }
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return `no answer (${cause.code})`;
  }
  throw error;
}
