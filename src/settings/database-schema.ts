// The form of a database in headroom.yaml: where it is, who keeps it, and what may be done in it.
import { z } from 'zod';
import { allowedDeeds } from '../database/deed-kind.ts';
import { whyNoName } from '../database/names.ts';
import { platforms } from '../database/platform.ts';
import { kubernetesName, typedName } from '../profile/schema/parts.ts';
import { userId, windowOf } from './schema-parts.ts';

const secretSource = z.union(
  [
    z.strictObject({ env: z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/) }),
    z.strictObject({ file: z.string().startsWith('/').max(1000) }),
  ],
  'expected {env: NAME} or {file: /path}; the address itself is a secret and does not stand in this file',
);

const sqlName = z.string().superRefine((name, issues) => {
  const because = whyNoName(name);
  if (because !== undefined) issues.addIssue({ code: 'custom', message: because });
});
const sqlTable = z
  .string()
  .regex(/^[^.]{1,63}(\.[^.]{1,63})?$/, 'expected TABLE or SCHEMA.TABLE')
  .refine((name) => name.split('.').every((part) => whyNoName(part) === undefined), {
    error: 'a name has more than 63 bytes, or what no name may hold',
  });

/** One database of a system. */
export const database = z.strictObject({
  connection: secretSource.optional().meta({
    description:
      'Where its address stands: postgresql://user:password@host/name, of the server itself and not of a pooler.',
  }),
  standbys: z.record(typedName, secretSource).default({}).meta({
    description: 'The same of each standby whose settings are written.',
  }),
  role: z.string().min(1).max(63).optional().meta({
    description:
      'The owner of the tables, which the user becomes to change them. (Default: it stays itself.)',
  }),
  platform: z.enum(platforms).optional().meta({
    description: 'Who keeps the server. (Default: what it looks like.)',
  }),
  allow: z.array(z.enum(allowedDeeds)).default([]).meta({
    description: 'What SQL may change in it. (Default: nothing; it is only looked at.)',
  }),
  namespace: kubernetesName.optional().meta({
    description: 'Where its objects stand. (Default: beside the workloads of the system.)',
  }),
  cnpg: kubernetesName.optional().meta({
    description: 'The Cluster of CloudNativePG that it is. (Default: no operator keeps it.)',
  }),
  schema: sqlName.optional().meta({
    description:
      'Where tables stand that a profile or shardKeys names without a schema. (Default: public.)',
  }),
  shardKeys: z
    .strictObject({
      table: sqlTable.meta({
        description: 'SCHEMA.TABLE, or one in the schema above.',
      }),
      column: sqlName.meta({ description: 'Holds the keys.' }),
      load: sqlName.optional().meta({
        description: 'Holds how much a row weighs. (Default: each row weighs one.)',
      }),
    })
    .optional()
    .meta({ description: 'Which keys there are to spread over shards. (Default: not known.)' }),
  restart: z
    .strictObject({
      statefulSet: kubernetesName.optional().meta({
        description: 'That of its servers. (Default: a person restarts them.)',
      }),
      approvers: z.array(userId).min(1).max(500).meta({
        description: 'One of them must agree, besides those that the policy asks for.',
      }),
      window: windowOf({ maxHours: 24 }),
    })
    .optional()
    .meta({ description: 'Who may restart it and when. (Default: Headroom never does.)' }),
  poolerConsole: secretSource.optional().meta({
    description:
      'Where the address of the console of its pooler stands: postgresql://user:password@host:port/pgbouncer.',
  }),
  poolerExporter: z.literal(true).optional().meta({
    description:
      'Its pools are in the Prometheus of the cluster, by the usual exporter or CloudNativePG. (Default: they are not.)',
  }),
  pooler: z
    .strictObject({
      host: z
        .string()
        .regex(
          /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
          'expected a host such as postgres.shop.svc',
        ),
      port: z.int().min(1).max(65_535).default(5432),
      image: z.string().regex(/^[\w./:@-]{1,255}$/, 'expected an image such as pgbouncer:1.24'),
      userlist: kubernetesName.meta({
        description: 'The Secret whose key userlist.txt holds the users and their password hashes.',
      }),
      statsUser: z
        .string()
        .regex(/^[a-z_][\w-]{0,62}$/, 'expected the name of a user such as headroom')
        .optional()
        .meta({ description: 'Who may look at its console. (Default: nobody.)' }),
    })
    .optional()
    .meta({ description: 'What a PgBouncer in front of it needs, where procedures set one up.' }),
});
