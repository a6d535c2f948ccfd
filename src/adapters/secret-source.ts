// Reads secrets that headroom.yaml points to, each time they are needed, so that a file that is replaced counts at once.

import { readFile } from 'node:fs/promises';
import { OperationError } from '../errors.ts';
import type { SecretSource } from '../plan/system.ts';
import { Secret } from '../secret.ts';

/** @throws OperationError when the variable is not set, or the file cannot be read. */
export async function readSecret({ env, file }: SecretSource): Promise<Secret> {
  if (env !== undefined) {
    const value = process.env[env];
    if (value !== undefined && value !== '') return new Secret(value);
    throw trouble(`the environment has no ${env}, which headroom.yaml points to`);
  }
  let value: string;
  try {
    value = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw trouble(`${file}, which headroom.yaml points to, cannot be read`, error);
  }
  // Without an address the driver would take one of its own, such as this machine.
  if (value === '') throw trouble(`${file}, which headroom.yaml points to, is empty`);
  return new Secret(value);
}

function trouble(because: string, cause?: unknown): OperationError {
  return new OperationError(`reading a secret: ${because}`, {
    code: 'unavailable',
    retryable: false,
    cause,
  });
}
