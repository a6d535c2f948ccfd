// The life of a definition: its names are accepted, its kinds are served, and its objects go before it does.
import { timestamp } from '../clock.ts';
import { writeStatus } from '../controllers/actor.ts';
import { deleteObject } from '../deletion.ts';
import type { JsonObject } from '../json.ts';
import { clone, nameOf, object, objects, text } from '../json.ts';
import { definition } from '../resources/definition.ts';
import type { ClusterState } from '../state.ts';
import { kindsOfDefinition } from './kinds.ts';

/** Accepts the names of a new definition. */
function establish(state: ClusterState, made: JsonObject): void {
  const now = timestamp(state.clock.now());
  const since = { status: 'True', lastTransitionTime: now };
  writeStatus(
    state,
    definition,
    made,
    {
      ...clone(object(made, 'status')),
      conditions: [
        {
          ...since,
          type: 'NamesAccepted',
          reason: 'NoConflicts',
          message: 'no conflicts found',
        },
        {
          ...since,
          type: 'Established',
          reason: 'InitialNamesAccepted',
          message: 'the initial names have been accepted',
        },
      ],
      acceptedNames: clone(object(made, 'spec', 'names')),
    },
    'kube-apiserver',
  );
}

/** Deletes the objects of a definition that is to go, and the definition when none is left. */
function clear(state: ClusterState, made: JsonObject): void {
  // Versions share their objects, so any one will do.
  const [kind] = kindsOfDefinition(made);
  if (kind === undefined) {
    state.store.remove(definition, '', nameOf(made));
    return;
  }
  for (const held of state.store.list(kind)) {
    deleteObject(state, kind, held, {
      dryRun: false,
      propagation: undefined,
      uid: '',
      resourceVersion: '',
      graceSeconds: undefined,
    });
  }
  if (state.store.list(kind).length === 0) state.store.remove(definition, '', nameOf(made));
}

/** One pass over all definitions. */
export function syncDefinitions(state: ClusterState): void {
  for (const made of state.store.list(definition)) {
    if (text(made, 'metadata', 'deletionTimestamp') !== '') clear(state, made);
    else if (objects(made, 'status', 'conditions').length === 0) establish(state, made);
  }
}
