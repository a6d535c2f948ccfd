// Reads and writes single objects of any kind that plans know, as the server's own JSON.

import {
  ApiException,
  type Configuration,
  HttpMethod,
  PatchStrategy,
} from '@kubernetes/client-node';
import { z } from 'zod';
import type { ClusterWrite } from '../change/cluster-write.ts';
import type { SeenObject } from '../change/compare.ts';
import { type ObjectRef, objectPath } from '../change/kinds.ts';
import { unreachable } from '../errors.ts';
import type { WriteAnswer } from '../ports.ts';
import { readTrouble, writeAnswer } from './kubernetes-errors.ts';
import { readJson, sendJson } from './kubernetes-raw.ts';
import { readObject, seenObject } from './kubernetes-state.ts';
import type { Floor } from './shelf.ts';

/** Our name as owner of the fields we write. */
const fieldManager = 'headroom';

interface Sent {
  readonly answer: WriteAnswer;
  /** What is known of the object afterwards; absent when nothing was written. */
  readonly floor?: Floor;
}

/** Sends one conditional write; a subresource has the path of its object. */
export async function sendWrite(
  configuration: Configuration,
  write: ClusterWrite,
  dryRun: boolean,
): Promise<Sent> {
  const { kind, namespace, name, cluster } = write.object;
  const verb = { patch: 'changing', apply: 'making', remove: 'removing' }[write.how];
  const doing = `${verb} ${kind} ${namespace}/${name} in cluster ${cluster}`;
  const path = objectPath(kind, { namespace, name });
  const asked = { ...(dryRun && { dryRun: 'All' }) };
  let written: unknown;
  try {
    switch (write.how) {
      case 'patch':
        written = await sendJson(configuration, {
          method: HttpMethod.PATCH,
          path: write.subresource === undefined ? path : `${path}/${write.subresource}`,
          // Without it the server drops a field that it does not know, and says that it was written.
          query: { ...asked, fieldManager, fieldValidation: 'Strict' },
          type: PatchStrategy.JsonPatch,
          body: write.patch,
        });
        break;
      case 'apply':
        written = await sendJson(configuration, {
          method: HttpMethod.PATCH,
          path,
          query: { ...asked, fieldManager },
          type: PatchStrategy.ServerSideApply,
          body: write.body,
        });
        break;
      case 'remove':
        await sendJson(configuration, {
          method: HttpMethod.DELETE,
          path,
          query: asked,
          type: 'application/json',
          body: {
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            propagationPolicy: 'Foreground',
            preconditions: { resourceVersion: write.resourceVersion },
          },
        });
        break;
      default:
        unreachable(write);
    }
  } catch (error) {
    const answer = writeAnswer(doing, error);
    return { answer, ...(answer.kind === 'unknown' && !dryRun && { floor: { kind: 'unknown' } }) };
  }
  return { answer: { kind: 'written' }, ...(!dryRun && { floor: floorOf(written) }) };
}

const versioned = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });

/** What the server answers to a write is the object as it is then; of a removal only that it goes. */
function floorOf(written: unknown): Floor {
  const read = versioned.safeParse(written);
  return read.success
    ? { kind: 'version', version: read.data.metadata.resourceVersion }
    : { kind: 'unknown' };
}

/** One object of any kind that plans may write. */
export async function readObjectAt(
  configuration: Configuration,
  ref: ObjectRef,
): Promise<SeenObject | undefined> {
  const { kind, namespace, name, cluster } = ref;
  try {
    const object = await orMissing(readJson(configuration, objectPath(kind, { namespace, name })));
    return object === undefined ? undefined : seenObject(kind, readObject(object));
  } catch (error) {
    throw readTrouble(`reading ${kind} ${namespace}/${name} in cluster ${cluster}`, error);
  }
}

/** What is read, or nothing when the cluster says that it is not there. */
export async function orMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
