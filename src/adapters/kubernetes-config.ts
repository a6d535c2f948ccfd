// Reads how each cluster is reached, and says in words what is wrong with it before anything is asked.

import { KubeConfig } from '@kubernetes/client-node';
import { suggestion } from '../words/nearest.ts';

/** Names a cluster of headroom.yaml and the kubeconfig context it is reached by. */
export interface ClusterAddress {
  readonly id: string;
  readonly context?: string;
  /** Who names it, for mistakes. (Default: headroom.yaml.) */
  readonly namedBy?: string;
}

/** Everything wrong with how the clusters are to be reached, in words; asks no cluster. Without any, the file alone is looked at. */
export function kubeconfigMistakes(
  addresses: readonly ClusterAddress[],
  kubeconfig: string | undefined,
): readonly string[] {
  const tries =
    addresses.length === 0
      ? [() => loadFile(kubeconfig)]
      : addresses.map((address) => () => loadKubeconfig(address, kubeconfig));
  const mistakes = tries.flatMap((load) => {
    try {
      load();
      return [];
    } catch (error) {
      if (!(error instanceof KubeconfigMistake)) throw error;
      return [error.message];
    }
  });
  return [...new Set(mistakes)];
}

class KubeconfigMistake extends Error {}

/** The way to one cluster. @throws KubeconfigMistake in words for the person who wrote it. */
export function loadKubeconfig(
  { id, context, namedBy = `headroom.yaml, cluster ${id}` }: ClusterAddress,
  kubeconfig: string | undefined,
): KubeConfig {
  const config = loadFile(kubeconfig);
  const where = `${namedBy}: the kubeconfig`;
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const names = config.getContexts().map(({ name }) => name);
      throw new KubeconfigMistake(
        `${where} has no context "${context}"${suggestion(context, names)}`,
      );
    }
    config.setCurrentContext(context);
  }
  const server = config.getCurrentCluster();
  if (server === null) throw new KubeconfigMistake(`${where} names no cluster`);
  if (!URL.canParse(server.server)) {
    throw new KubeconfigMistake(`${where} gives "${server.server}" as server, which is no address`);
  }
  // The client would refuse this at the first request, with a token in clear text on the way.
  if (server.server.startsWith('http:') && !server.skipTLSVerify) {
    throw new KubeconfigMistake(
      `${where} reaches ${server.name} by http; use https, or insecure-skip-tls-verify: true in a sandbox`,
    );
  }
  return config;
}

function loadFile(path: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) {
    if (process.env['KUBERNETES_SERVICE_HOST'] === undefined) {
      throw new KubeconfigMistake('KUBECONFIG: is not set, and this is no pod of a cluster');
    }
    config.loadFromCluster();
    return config;
  }
  try {
    config.loadFromFile(path);
    return config;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const because =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'it may not be read by this user'
          : 'it is not a kubeconfig';
    throw new KubeconfigMistake(`KUBECONFIG ${path}: ${because}`, { cause: error });
  }
}
