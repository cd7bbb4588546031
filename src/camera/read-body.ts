import type { IncomingMessage } from 'node:http';
import { ByteQueue } from './byte-queue.js';

export interface BodyLimits {
  /** For messages; an answer where left out. */
  readonly name?: string;
  readonly maxBytes: number;
  /** For all of it, in ms; without an end where left out. */
  readonly timeoutMs?: number;
}

/** The whole body of an answer. Rejects, and ends the connection, where it is too large, too slow or not complete. */
export async function readBody(
  answer: IncomingMessage,
  { name = 'answer', maxBytes, timeoutMs }: BodyLimits,
): Promise<Buffer> {
  const late = (): unknown => answer.destroy(new Error(`its ${name} was not complete after ${timeoutMs} ms`));
  const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
  // Not a list of chunks: of one byte each they take a hundred times as much.
  const body = new ByteQueue();
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      if (body.length + chunk.length > maxBytes)
        throw new Error(`its ${name} has more than ${maxBytes} bytes`);
      body.push(chunk);
    }
  } finally {
    clearTimeout(timer);
  }
  return body.data;
}
