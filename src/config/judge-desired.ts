import { largestVersion } from '../version-step.js';
import { type ConfigChange, configChange } from './config-change.js';
import type { LoadedConfig } from './config-sources.js';
import { type DesiredDocument, type DocumentName, parseDesired, type Refusal } from './desired-document.js';
import { type ExamineOptions, examineRemote } from './examine-remote.js';
import { type ReportedConfig, rejectedReport } from './reported-config.js';
import type { Config } from './schema.js';
import type { StoredState } from './stored-state.js';

/** What is to be done with a payload of config/desired. */
export type Judgement =
  /** Nothing but to publish the terminal report. */
  | { outcome: 'refused'; report: ReportedConfig }
  /** The document that was accepted last, once more: nothing but to publish its report, terminal or applying. */
  | { outcome: 'repeated'; report: ReportedConfig }
  /** To be stored, then applied. */
  | { outcome: 'apply'; document: DesiredDocument; loaded: LoadedConfig; change: ConfigChange };

export interface JudgeOptions extends ExamineOptions {
  /** What is stored; refusals and repetitions leave it as it is. */
  state: StoredState;
  /** The configuration in effect, for the scope of the change. */
  running: Config;
}

/**
 * Judges a payload of config/desired; changes nothing. An empty payload clears the topic and is no document: it is
 * not to be given here.
 */
export function judgeDesired(payload: Uint8Array, options: JudgeOptions): Judgement {
  const { state, running } = options;
  const parsed = parseDesired(payload);
  if ('refusal' in parsed) return refused(parsed.name, parsed.refusal, state);
  const { document } = parsed;
  const { accepted } = state;
  if (!running.control.remote_config) return refused(document, switchedOff, state);
  if (document.version === accepted?.version && document.sha256 === accepted.sha256) {
    return { outcome: 'repeated', report: { ...accepted.report, id: document.id } };
  }
  if (accepted && document.version <= accepted.version) {
    return refused(document, outdated(document, accepted), state);
  }
  const largest = largestVersion(accepted?.version ?? 0);
  if (document.version > largest) return refused(document, farAhead(document, accepted, largest), state);
  const examined = examineRemote(document.config, options);
  if ('refusal' in examined) return refused(document, examined.refusal, state);
  const { loaded } = examined;
  return { outcome: 'apply', document, loaded, change: configChange(running, loaded.config) };
}

function refused(document: DocumentName, refusal: Refusal, { lastGood }: StoredState): Judgement {
  return { outcome: 'refused', report: rejectedReport({ document, lastGood }, refusal) };
}

const switchedOff: Refusal = {
  code: 403,
  message: 'this device takes no configuration from afar: control.remote_config is false in its local file',
  problems: [],
};

function outdated(document: DesiredDocument, accepted: NonNullable<StoredState['accepted']>): Refusal {
  const expected = `a version above ${accepted.version}, the last that was accepted`;
  const found =
    document.version === accepted.version ? `${document.version} with another config` : `${document.version}`;
  return wrongVersion(expected, found);
}

/** Once accepted it would stay the highest, rolled back or not, and leave no number for what comes after it. */
function farAhead({ version }: DesiredDocument, accepted: StoredState['accepted'], largest: number): Refusal {
  const since = accepted ? `after version ${accepted.version}` : 'for a first document';
  return wrongVersion(`a version of at most ${largest} ${since}`, `${version}`);
}

function wrongVersion(expected: string, found: string): Refusal {
  const problem = { path: 'version', expected, found };
  return { code: 409, message: `expected ${expected}, found ${found}`, problems: [problem] };
}
