import { AgentError } from '../errors.js';
import { DownloadError, refusal } from './download-error.js';
import { maxEnvelopeBytes } from './envelope.js';
import type { FetchGuard } from './fetch-guard.js';
import { httpGet } from './http-get.js';
import { isPlainUrl } from './manifest-schema.js';
import { addressLabel } from './model-source.js';
import { RequestLimits } from './request-limits.js';

export interface FetchEnvelopeOptions {
  guard: FetchGuard;
  /** How long to wait for an answer, and between two pieces of it. */
  silenceMs: number;
  /** Ends the request; its reason is an Error that says why. */
  signal: AbortSignal;
}

/**
 * The bytes at the address of a signed manifest, not one more than an envelope may have. Asked for once.
 * Throws AgentError MODEL_MANIFEST_INVALID where there are more, MODEL_ORIGIN_REFUSED where it
 * is an odd address, MODEL_DOWNLOAD_FAILED, and what the guard refuses with.
 */
export async function fetchEnvelope(address: string, options: FetchEnvelopeOptions): Promise<Buffer> {
  const { guard, signal } = options;
  // Readers of addresses disagree about the odd ones: only what all of them read alike is asked for.
  if (!isPlainUrl(address)) {
    const message =
      'The address of the manifest is refused, expected a plain http(s) address without credentials';
    throw new AgentError('MODEL_ORIGIN_REFUSED', message);
  }
  const limits = new RequestLimits(options.silenceMs, signal);
  try {
    const headers = { 'accept-encoding': 'identity' };
    const answer = await httpGet(address, { headers, guard, signal: limits.signal });
    if (answer.statusCode !== 200) throw refusal(answer);
    const chunks: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      limits.refresh();
      bytes += chunk.length;
      if (bytes > maxEnvelopeBytes) {
        const message = `${addressLabel(address)} has more than the ${maxEnvelopeBytes} bytes of a manifest`;
        throw new AgentError('MODEL_MANIFEST_INVALID', message);
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    if (error instanceof AgentError) throw error;
    const { message } = error instanceof DownloadError ? error : limits.fault(error);
    throw new AgentError(
      'MODEL_DOWNLOAD_FAILED',
      `${addressLabel(address)} could not be fetched: ${message}`,
    );
  } finally {
    limits.end();
  }
}
