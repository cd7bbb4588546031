import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentError } from '../errors.js';
import { below } from './below.js';
import type { CatalogFile } from './catalog-schema.js';

/** One place that a model file can be had from. */
export type ModelSource =
  | { readonly kind: 'file'; readonly path: string; readonly label: string }
  | { readonly kind: 'http'; readonly url: string; readonly authorization?: string; readonly label: string }
  | { readonly kind: 'absent'; readonly reason: string; readonly label: string };

/** The folder of an installed npm package, or undefined. */
export type FindPackage = (name: string) => string | undefined;

/** The package as this module would import it. */
export const findInstalledPackage: FindPackage = (name) => {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
};

/**
 * Where to look for a file, in this order: the npm package that ships it, the mirror (a folder or http(s) URL laid
 * out like the catalog's paths), its official address. Labels hold no credentials.
 * Throws AgentError MODEL_DOWNLOAD_FAILED where the mirror is neither.
 */
export function modelSources(
  file: CatalogFile,
  mirror: string | undefined,
  findPackage: FindPackage,
): ModelSource[] {
  const sources: ModelSource[] = [];
  if (file.npm !== undefined) sources.push(packageSource(file.npm, findPackage));
  if (mirror !== undefined && mirror !== '') sources.push(mirrorSource(mirror, file.path));
  if (file.url !== undefined) sources.push({ kind: 'http', url: file.url, label: addressLabel(file.url) });
  return sources;
}

/** An address as it may be shown: what stands behind a question mark is often a token. */
export function addressLabel(address: string): string {
  const { origin, pathname } = new URL(address);
  return `${origin}${pathname}`;
}

/** The file inside its npm package, which needs no network. */
export function packageSource(npm: NonNullable<CatalogFile['npm']>, findPackage: FindPackage): ModelSource {
  const folder = findPackage(npm.package);
  const label = `npm package ${npm.package}`;
  if (folder === undefined) return { kind: 'absent', reason: 'it is not installed (run npm ci)', label };
  return { kind: 'file', path: join(folder, npm.file), label };
}

function mirrorSource(mirror: string, path: string): ModelSource {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(mirror))
    return { kind: 'file', path: resolve(mirror, path), label: resolve(mirror, path) };
  const url = URL.canParse(mirror) ? new URL(mirror) : undefined;
  if (url?.protocol === 'file:' && url.host === '') {
    const file = join(fileURLToPath(url), path);
    return { kind: 'file', path: file, label: file };
  }
  const credentials = url === undefined ? undefined : credentialsOf(url);
  if (url === undefined || credentials === undefined || !/^https?:$/.test(url.protocol)) {
    // The text itself is not repeated: it may hold a password.
    const message = 'POSE_AGENT_MODEL_MIRROR: expected a folder or an http(s) URL, found something else';
    throw new AgentError('MODEL_DOWNLOAD_FAILED', message);
  }
  // fetch takes no credentials inside a URL.
  url.username = '';
  url.password = '';
  url.pathname = below(url.pathname, path);
  const label = addressLabel(url.href);
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  return { kind: 'http', url: url.href, label, ...(credentials === ':' ? {} : { authorization }) };
}

/** `user:password` of a URL, ':' where it has none, undefined where it is badly encoded. */
function credentialsOf(url: URL): string | undefined {
  try {
    return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    return undefined;
  }
}
