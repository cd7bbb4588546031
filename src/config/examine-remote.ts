import { type Mapping, valueAt } from './assignment.js';
import { cameraSource } from './camera-source.js';
import { ConfigInvalidError, type ConfigProblem, describeFound } from './config-problem.js';
import type { ConfigSources, LoadedConfig } from './config-sources.js';
import { type Refusal, tooManyValues } from './desired-document.js';
import { remoteOrigin } from './layers.js';
import { type IsModelName, localOnlyProblems } from './local-only.js';
import type { Config } from './schema.js';

export interface ExamineOptions {
  sources: ConfigSources;
  isModelName: IsModelName;
}

/**
 * Whether the `config` of a document from afar may be obeyed here, and what would then be in effect. Reads the files
 * of the secrets that it names; changes nothing.
 */
export function examineRemote(
  remote: Mapping,
  options: ExamineOptions,
): { loaded: LoadedConfig } | { refusal: Refusal } {
  const refusal = tooManyValues(remote);
  if (refusal !== undefined) return { refusal };
  const local = localOnlyProblems(remote, options.isModelName);
  if (local.length > 0) {
    return {
      refusal: { code: 403, message: 'the document sets what only the local file may', problems: local },
    };
  }
  try {
    const loaded = options.sources.effective(remote);
    const problems = unmetNeeds(remote, loaded.config, options.isModelName);
    return problems.length === 0 ? { loaded } : invalid(problems);
  } catch (error) {
    if (error instanceof ConfigInvalidError) return invalid(error.problems);
    throw error;
  }
}

function invalid(problems: readonly ConfigProblem[]): { refusal: Refusal } {
  return { refusal: { code: 422, message: 'the configuration is not valid', problems } };
}

/** What is valid and still could not work on this machine. */
function unmetNeeds(
  remote: Mapping,
  { cameras, secrets }: Config,
  isModelName: IsModelName,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const model = valueAt(remote, ['model', 'id']);
  if (typeof model === 'string' && model !== 'auto' && !isModelName(model)) {
    const found = describeFound(model, ['model', 'id']);
    problems.push({ path: 'model.id', expected: "a known model's name or auto", found, from: remoteOrigin });
  }
  // Cameras of the local file are not this document's fault.
  for (const camera of Object.hasOwn(remote, 'cameras') ? cameras : []) {
    try {
      cameraSource(camera, secrets);
    } catch (error) {
      if (!(error instanceof ConfigInvalidError)) throw error;
      problems.push(...error.problems);
    }
  }
  return problems;
}
