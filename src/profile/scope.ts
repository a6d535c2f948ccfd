// Which names a formula of a profile may use, by where it stands in the file.

/** What a sizing has come to; names of inputs and values must differ from these. */
export const resultNames = [
  'replicas',
  'cpu_millicores',
  'memory_mi',
  'cpu_limit_millicores',
  'memory_limit_mi',
  'cpu_cores',
  'memory_gib',
  'connections',
] as const;

/** What a plan has come to beside its sizing. */
const plannedNames = ['database_gib', 'cost_usd'] as const;

/** What procedures may use besides the results of a sizing: a plan's, and the stage of its database. */
export const procedureNames = [...plannedNames, 'database_replicas', 'database_poolers'] as const;

/** What a period of a forecast has come to, besides the results of its sizing. */
export const forecastNames = ['period', ...plannedNames] as const;

/** The number of parts a system or its database is split into; 1 when it is not. */
export const partsName = 'shards';

/** Words that commands need for themselves. */
const commandNames = ['growth', 'periods'] as const;

/** Names that mean something already, so that no input and no value can have them. */
export const reservedNames: readonly string[] = [
  ...resultNames,
  ...forecastNames,
  ...procedureNames,
  partsName,
  ...commandNames,
];
