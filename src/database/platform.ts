// Who keeps a database server, because that decides how anything in it is changed.

/** Every platform that is told apart. */
export const platforms = ['plain', 'cnpg', 'patroni', 'managed'] as const;

/**
 * `plain`: nobody but its own files, so ALTER SYSTEM and a restart of its pods. `cnpg`: CloudNativePG, through its
 * Cluster; ALTER SYSTEM is off there. `patroni`: through Patroni's own configuration. `managed`: through the provider.
 */
export type Platform = (typeof platforms)[number];
