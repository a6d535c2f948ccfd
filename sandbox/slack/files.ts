// Uploaded files: reserved, received, completed, and only a moment later processed, as in the real workspace.
import { randomBytes } from 'node:crypto';
import type { JsonObject } from './json.ts';
import { app, type Workspace } from './workspace.ts';

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly uploadToken: string;
  readonly length: number;
  readonly altText: string;
  title: string;
  bytes: Buffer | undefined;
  completedAt: number | undefined;
  readonly channels: Set<string>;
}

const kinds: Readonly<Record<string, readonly [mimetype: string, pretty: string]>> = {
  png: ['image/png', 'PNG'],
  jpg: ['image/jpeg', 'JPEG'],
  gif: ['image/gif', 'GIF'],
  svg: ['image/svg+xml', 'SVG'],
  csv: ['text/csv', 'CSV'],
  json: ['application/json', 'JSON'],
  txt: ['text/plain', 'Plain Text'],
};

export class Files {
  #files = new Map<string, StoredFile>();
  /** How long a completed file has no mimetype yet and cannot be shown. */
  processingMs = 0;
  readonly #workspace: Workspace;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  reset(): void {
    this.#files = new Map();
  }

  reserve(given: {
    readonly name: string;
    readonly length: number;
    readonly altText: string;
  }): StoredFile {
    const file: StoredFile = {
      ...given,
      id: this.#workspace.nextId('F'),
      uploadToken: randomBytes(12).toString('hex'),
      title: given.name,
      bytes: undefined,
      completedAt: undefined,
      channels: new Set(),
    };
    this.#files.set(file.id, file);
    return file;
  }

  byId(id: string): StoredFile | undefined {
    return this.#files.get(id);
  }

  byUploadToken(token: string): StoredFile | undefined {
    return [...this.#files.values()].find((one) => one.uploadToken === token);
  }

  complete(file: StoredFile, title: string | undefined): void {
    file.title = title ?? file.title;
    file.completedAt = this.#workspace.now().getTime();
  }

  /** Whether the file can be used in an image block already. */
  isProcessed(file: StoredFile): boolean {
    const now = this.#workspace.now().getTime();
    return file.completedAt !== undefined && now - file.completedAt >= this.processingMs;
  }
}

/** The media type by the file's name. */
export function mimetypeOf(file: StoredFile): string {
  return kindOf(file)[0];
}

function kindOf(file: StoredFile): readonly [mimetype: string, pretty: string] {
  return kinds[extensionOf(file)] ?? ['application/octet-stream', 'Binary'];
}

function extensionOf(file: StoredFile): string {
  return file.name.split('.').at(-1)?.toLowerCase() ?? '';
}

/** A file as the Web API shows it; without its types while it is being processed. */
export function fileJson(
  file: StoredFile,
  given: { readonly url: string; readonly processed: boolean },
): JsonObject {
  const created = Math.floor((file.completedAt ?? 0) / 1000);
  const address = `${given.url}/files-pri/${file.id}/${encodeURIComponent(file.name)}`;
  const [mimetype, pretty] = kindOf(file);
  return {
    id: file.id,
    created,
    timestamp: created,
    name: file.name,
    title: file.title,
    mimetype: given.processed ? mimetype : '',
    filetype: given.processed ? extensionOf(file) : '',
    pretty_type: given.processed ? pretty : '',
    user: app.botUserId,
    size: file.bytes?.length ?? 0,
    mode: 'hosted',
    is_external: false,
    is_public: file.channels.size > 0,
    url_private: address,
    url_private_download: address,
    permalink: address,
    channels: [...file.channels],
    groups: [],
    ims: [],
    ...(file.altText === '' ? {} : { alt_txt: file.altText }),
  };
}
