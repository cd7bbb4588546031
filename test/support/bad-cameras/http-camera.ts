import { createServer } from 'node:http';
import type { Server } from 'node:net';
import { sendPaced } from './send-paced.js';

/** A camera that answers every request with a stream without an end. */
export interface HttpScript {
  readonly kind: 'http';
  readonly contentType: string;
  /** Sent at once. */
  readonly first?: Uint8Array;
  /** Sent after it, one each interval, over and over. */
  readonly chunks: readonly Uint8Array[];
  readonly intervalMs: number;
}

/** Of a stream whose parts multipart() makes. */
export const multipartType = 'multipart/x-mixed-replace; boundary=frame';

export function multipart(jpeg: Uint8Array): Uint8Array {
  const head = `${multipartHead}Content-Length: ${jpeg.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), jpeg, Buffer.from('\r\n')]);
}

/** Up to where a length may follow. */
export const multipartHead = '--frame\r\nContent-Type: image/jpeg\r\n';

export function serveHttp({ contentType, first, chunks, intervalMs }: HttpScript): Server {
  return createServer((_, response) => {
    response.writeHead(200, { 'content-type': contentType });
    response.flushHeaders();
    if (first !== undefined) response.write(first);
    const stop = sendPaced(response, { intervalMs }, (index) => {
      response.write(chunks[index % chunks.length] as Uint8Array);
    });
    response.on('error', () => {}).on('close', stop);
  });
}
