// Leaves Kubernetes Events beside objects, in the form that kubectl shows when somebody describes the object.

import { ApiException, type Configuration, HttpMethod } from '@kubernetes/client-node';
import { z } from 'zod';
import { objectKinds, objectPath } from '../change/kinds.ts';
import type { ObjectEvent } from '../ports.ts';
import { readTrouble } from './kubernetes-errors.ts';
import { orMissing } from './kubernetes-objects.ts';
import { readJson, sendJson } from './kubernetes-raw.ts';

const component = 'headroom';
const withUid = z.object({ metadata: z.object({ uid: z.string() }) });

/**
 * One request for the Event, and before it one for the object's uid, by which its Events are found, where that is not
 * known.
 * @throws OperationError when either is refused or not answered.
 */
export async function tellOf(
  configuration: Configuration,
  { object, name, reason, message, at }: ObjectEvent,
  knownUid: string | undefined,
): Promise<void> {
  const { kind, namespace, cluster } = object;
  const doing = `telling of ${kind} ${namespace}/${object.name} in cluster ${cluster}`;
  const { apiVersion } = objectKinds[kind];
  const time = `${at.toISOString().slice(0, 19)}Z`;
  try {
    const uid = knownUid ?? (await readUid(configuration, object));
    if (uid === undefined) return;
    await sendJson(configuration, {
      method: HttpMethod.POST,
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
      type: 'application/json',
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name, namespace },
        involvedObject: { apiVersion, kind, namespace, name: object.name, uid },
        reason,
        message,
        type: 'Normal',
        source: { component },
        firstTimestamp: time,
        lastTimestamp: time,
        count: 1,
        reportingComponent: component,
        reportingInstance: component,
      },
    });
  } catch (error) {
    // It is there already: it was told before an interruption.
    if (error instanceof ApiException && error.code === 409) return;
    throw readTrouble(doing, error);
  }
}

async function readUid(
  configuration: Configuration,
  { kind, namespace, name }: ObjectEvent['object'],
): Promise<string | undefined> {
  const path = objectPath(kind, { namespace, name });
  return uidOf(await orMissing(readJson(configuration, path)));
}

/** The uid of an object as JSON; undefined for anything else. */
export function uidOf(object: unknown): string | undefined {
  return withUid.safeParse(object).data?.metadata.uid;
}
