import { z } from 'zod';
import { type ConfigProblem, shorten } from './config-problem.js';
import type { DocumentName, Refusal } from './desired-document.js';
import { remoteOrigin } from './layers.js';

/** So that the report of a document full of mistakes stays a small message. */
export const maxErrors = 32;
const maxMessage = 1000;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const version = z.int().min(1);
const id = z.string().min(1).max(64);

/** `config/reported`: what became of a document on `config/desired`. */
export const reportedConfigPayload = z
  .object({
    version: version.nullable().describe('Of the document; null where it could not be read'),
    id: id.nullable().describe("The sender's name for the document; null where it could not be read"),
    status: z.enum(['applying', 'applied', 'rejected', 'rolled_back']),
    code: z
      .literal([200, 202, 400, 403, 409, 413, 422, 500, 507])
      .describe(
        '202 applying; 200 applied; 400 no such document, 403 sets a local-only key, 409 version is not above the ' +
          'last accepted one, or too far above it, 413 too large, 422 invalid, 507 cannot be stored; 500 rolled back',
      ),
    message: z.string().describe('The same for people'),
    errors: z
      .array(
        z.object({
          path: z.string().describe('Key, like cameras.0.width; empty for the whole document'),
          expected: z.string(),
          found: z.string().describe('Never a secret'),
        }),
      )
      .max(maxErrors),
    sha256: sha256.nullable().describe('Of the canonical JSON (RFC 8785) of the document’s config'),
    last_good: z
      .object({ version, id, sha256 })
      .nullable()
      .describe('The document that a rollback goes to; null where that is the local file alone'),
    ts: z.int().min(0).describe('ms since the Unix epoch'),
  })
  .describe(
    'What became of the last document on config/desired. QoS 1, retained; applying is followed by one of the others.',
  );

export type ReportedConfig = z.infer<typeof reportedConfigPayload>;

/** An accepted document, by name. */
export type AcceptedName = { [K in keyof DocumentName]: NonNullable<DocumentName[K]> };

export interface ReportOptions {
  document: DocumentName;
  lastGood: AcceptedName | null;
  /** ms since the Unix epoch; now where left out. */
  ts?: number | undefined;
}

/** The candidate is stored and on probation: no terminal report yet. */
export function applyingReport(options: ReportOptions): ReportedConfig {
  return report(options, { status: 'applying', code: 202, message: 'the document is on probation' });
}

/** The document is on disk, ran through its probation and is the last good one. */
export function appliedReport(options: ReportOptions): ReportedConfig {
  return report(options, { status: 'applied', code: 200, message: 'the document is applied' });
}

/** `reason` is published: it must hold no secret. */
export function rolledBackReport(options: ReportOptions, reason: string): ReportedConfig {
  return report(options, { status: 'rolled_back', code: 500, message: reason });
}

export function rejectedReport(options: ReportOptions, refusal: Refusal): ReportedConfig {
  const { code, problems } = refusal;
  const more = problems.length - maxErrors;
  const message = more > 0 ? `${refusal.message} (${more} more problems are not listed)` : refusal.message;
  return {
    ...report(options, { status: 'rejected', code, message }),
    errors: problems.slice(0, maxErrors).map(toError),
  };
}

function report(
  { document, lastGood, ts = Date.now() }: ReportOptions,
  { status, code, message }: Pick<ReportedConfig, 'status' | 'code' | 'message'>,
): ReportedConfig {
  const { version, id, sha256 } = document;
  return {
    version,
    id,
    status,
    code,
    message: message.slice(0, maxMessage),
    errors: [],
    sha256,
    last_good: lastGood && { version: lastGood.version, id: lastGood.id, sha256: lastGood.sha256 },
    ts,
  };
}

/** Where something stronger than the document set the value, the sender could not know of it otherwise. */
function toError({ path, expected, found, from }: ConfigProblem): ReportedConfig['errors'][number] {
  const elsewhere = from !== undefined && from !== remoteOrigin;
  return { path, expected, found: elsewhere ? `${found} (${shorten(from)})` : found };
}
