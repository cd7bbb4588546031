import { isMapping, type Mapping } from './assignment.js';
import { type ConfigProblem, describeFound, dottedPath } from './config-problem.js';
import { type ConfigPath, type SchemaNode, schemaAt } from './json-schema.js';
import { redactText } from './redact-config.js';

/** True for a name under which the agent finds a model by itself, so that no path is tried. */
export type IsModelName = (name: string) => boolean;

/**
 * The keys of a document that only the local file may set: broker, credentials, paths, pipelines and whatever else
 * the schema marks. `data` need not be valid otherwise, but not deeply nested.
 */
export function localOnlyProblems(data: Mapping, isModelName: IsModelName): ConfigProblem[] {
  const walk = (value: unknown, path: ConfigPath): ConfigProblem[] => {
    const node = schemaAt(path);
    const expected =
      node === undefined || path.length === 0 ? undefined : refusal(value, path, { node, isModelName });
    if (expected !== undefined) {
      return [{ path: dottedPath(path), expected, found: describeFound(value, path) }];
    }
    if (node === undefined || typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, item]) => walk(item, [...path, name]));
  };
  return walk(data, []);
}

/** What would be allowed at `path` in place of `value`; undefined where the value itself is. */
function refusal(
  value: unknown,
  path: ConfigPath,
  { node, isModelName }: { node: SchemaNode; isModelName: IsModelName },
): string | undefined {
  switch (node['x-local-only']) {
    case undefined:
      return undefined;
    case 'always':
      return 'no such key from afar: only the local file sets it';
    case 'plain-secrets':
      return isMapping(value) ? undefined : '{secret: name}: secrets themselves stay in the local file';
    case 'paths-and-pipelines':
      return typeof value === 'string' ? refusedText(value, path, isModelName) : undefined;
  }
}

function refusedText(text: string, path: ConfigPath, isModelName: IsModelName): string | undefined {
  if (path[0] === 'cameras') {
    return isRemoteSource(text)
      ? undefined
      : 'sample:, /dev/video0 or "0", csi:0, rtsp://…, http(s)://…, rtmp://…, srt://… or onvif://… without credentials; paths and pipelines are ' +
          'for the local file';
  }
  return isPlainName(text) || (isVariantName(text) && isModelName(text))
    ? undefined
    : "a model's name or auto; paths are for the local file";
}

/** What is known to be neither path nor pipeline; an address must hold no login, be it in its query. */
function isRemoteSource(text: string): boolean {
  if (/^(sample:|\d{1,3}|\/dev\/video\d{1,3})$/.test(text)) return true;
  if (/^csi:\d{1,2}(\?[a-z]+=\d{1,5}(&[a-z]+=\d{1,5})*)?$/.test(text)) return true;
  return /^(rtsps?|https?|rtmps?|srt|onvif):\/\/[\x21-\x7e]+$/i.test(text) && redactText(text) === text;
}

/** Whether there is a model of that name is for validation to say; what ends like a file is taken for one. */
function isPlainName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*$/i.test(text) && !/\.(xml|onnx|tflite)$/i.test(text);
}

/** `model/variant`, which could be a relative path as well. */
function isVariantName(text: string): boolean {
  const parts = text.split('/');
  return parts.length === 2 && parts.every(isPlainName);
}
