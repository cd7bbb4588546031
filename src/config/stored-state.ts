import { z } from 'zod';
import { isMapping, type Mapping } from './assignment.js';
import type { DesiredDocument } from './desired-document.js';
import {
  type AcceptedName,
  appliedReport,
  applyingReport,
  type ReportedConfig,
  reportedConfigPayload,
  rolledBackReport,
} from './reported-config.js';

export const storedDocument = z.strictObject({
  version: z.int().min(1),
  id: z.string(),
  sha256: z.string(),
  config: z.custom<Mapping>(isMapping),
});

export const storedState = z.strictObject({
  /** What is to run; null where the local file alone is. */
  active: storedDocument
    .extend({
      phase: z.enum(['probation', 'good']),
      /** How often the agent was started while the document was on probation. */
      starts: z.int().min(0),
      /** Cameras that were away before, whose absence the document is not blamed for. */
      excused: z.array(z.string()).optional(),
    })
    .nullable(),
  /** What a rollback goes to; null for the local file alone. */
  lastGood: storedDocument.nullable(),
  /** The document that was accepted last, and so the highest version, with what was last said of it. */
  accepted: storedDocument.omit({ config: true }).extend({ report: reportedConfigPayload }).nullable(),
  /** Of whichever document, refused ones too. */
  lastTerminalReport: reportedConfigPayload.nullable(),
});

/** All that is remembered of documents from afar. */
export type StoredState = z.infer<typeof storedState>;

/** A document as it is kept on disk. */
export type StoredDocument = NonNullable<StoredState['lastGood']>;

export const emptyState: StoredState = {
  active: null,
  lastGood: null,
  accepted: null,
  lastTerminalReport: null,
};

/** A state, and what is to be published once it is on disk: the reports in their order. */
export interface Transition {
  state: StoredState;
  reports: ReportedConfig[];
}

export interface AcceptOptions {
  /** Ids of cameras whose absence the document is not blamed for. */
  excused?: readonly string[] | undefined;
  /** ms since the Unix epoch; now where left out. */
  ts?: number | undefined;
}

/** A document is accepted: it becomes active, on probation. One that was on probation before has failed by that. */
export function accept(
  state: StoredState,
  document: DesiredDocument,
  { excused = [], ts = Date.now() }: AcceptOptions = {},
): Transition {
  // Two that were judged by one and the same state: the second would bring an older configuration back.
  if (state.accepted && document.version <= state.accepted.version) {
    throw new Error(`version ${document.version} is not above ${state.accepted.version}`);
  }
  const superseded =
    state.active?.phase === 'probation'
      ? fail(state, `superseded by version ${document.version} during its probation`, ts).reports
      : [];
  const { version, id, sha256, config } = document;
  const report = applyingReport({ document, lastGood: state.lastGood, ts });
  return {
    state: {
      ...state,
      active: { version, id, sha256, config, phase: 'probation', starts: 0, excused: [...excused] },
      accepted: { version, id, sha256, report },
      lastTerminalReport: superseded.at(-1) ?? state.lastTerminalReport,
    },
    reports: [...superseded, report],
  };
}

/** The active document has proved itself. */
export function succeed(state: StoredState, ts = Date.now()): Transition {
  const { starts, phase, excused, ...document } = onProbation(state);
  const report = appliedReport({ document, lastGood: document, ts });
  const active = { ...document, phase: 'good' as const, starts: 0 };
  return { state: { active, lastGood: document, ...settled(document, report) }, reports: [report] };
}

/** The active document has failed: the last good one takes its place. `reason` is published. */
export function fail(state: StoredState, reason: string, ts = Date.now()): Transition {
  const document = onProbation(state);
  const report = rolledBackReport({ document, lastGood: state.lastGood, ts }, reason);
  const active = state.lastGood && { ...state.lastGood, phase: 'good' as const, starts: 0 };
  return { state: { active, lastGood: state.lastGood, ...settled(document, report) }, reports: [report] };
}

/** The agent was started with the active document still on probation. */
export function start(state: StoredState): Transition {
  const active = onProbation(state);
  return { state: { ...state, active: { ...active, starts: active.starts + 1 } }, reports: [] };
}

/** A document was refused. */
export function refuse(state: StoredState, report: ReportedConfig): Transition {
  return { state: { ...state, lastTerminalReport: report }, reports: [report] };
}

/** What is left where only the last good document is known. */
export function restored(document: StoredDocument, ts = Date.now()): StoredState {
  const report = appliedReport({ document, lastGood: document, ts });
  return {
    active: { ...document, phase: 'good', starts: 0 },
    lastGood: document,
    ...settled(document, report),
  };
}

function settled(
  { version, id, sha256 }: AcceptedName,
  report: ReportedConfig,
): Pick<StoredState, 'accepted' | 'lastTerminalReport'> {
  return { accepted: { version, id, sha256, report }, lastTerminalReport: report };
}

function onProbation({ active }: StoredState): NonNullable<StoredState['active']> {
  if (active?.phase !== 'probation') throw new Error('no configuration is on probation');
  return active;
}
