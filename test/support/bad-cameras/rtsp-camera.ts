import { createServer, type Server, type Socket } from 'node:net';
import type { H264Stream } from './h264.js';
import { sendPaced } from './send-paced.js';

/** What a client asks for before pictures come, in its order. */
const steps = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'] as const;

export type RtspStep = (typeof steps)[number];

/** A camera that speaks RTSP (RFC 2326) and sends H.264 in RTP (RFC 6184) over the same connection. */
export interface RtspScript {
  readonly kind: 'rtsp';
  readonly stream: H264Stream;
  readonly intervalMs: number;
  /** Pictures are on their way for up to so long, ms; their time stamps do not show it. */
  readonly lateMs?: number;
  /** So many pictures come at once with the first, as from a server that keeps the newest ones for whoever joins. */
  readonly kept?: number;
  /** The last step that is answered: after that it is silent, and holds the connection. */
  readonly lastAnswered?: RtspStep;
}

export function serveRtsp(script: RtspScript): Server {
  return createServer({ noDelay: true }, (socket) => serveClient(socket, script));
}

const clockHz = 90_000;
/** FFmpeg takes 0 for none. */
const firstTimestamp = 123_456;
const payloadType = 96;
const maxPayloadBytes = 1400;

function serveClient(socket: Socket, script: RtspScript): void {
  let received = '';
  let stop = (): void => {};
  socket.on('error', () => {}).on('close', () => stop());
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
    for (let end = received.indexOf('\r\n\r\n'); end !== -1; end = received.indexOf('\r\n\r\n')) {
      const request = received.slice(0, end);
      received = received.slice(end + 4);
      if (!answer(socket, request, script) || script.lastAnswered !== undefined) continue;
      stop();
      stop = play(socket, script);
    }
  });
}

/** True where the client may expect pictures from now on. */
function answer(socket: Socket, request: string, { stream, lastAnswered }: RtspScript): boolean {
  // Reports of the client, in binary, may stand before the request.
  const method = /([A-Z_]+) rtsp:/.exec(request)?.[1] ?? '';
  const step = steps.indexOf(method as RtspStep);
  if (lastAnswered !== undefined && step > steps.indexOf(lastAnswered)) return false;
  const sequence = /CSeq: *(\d+)/i.exec(request)?.[1] ?? '1';
  const reply = (status: string, headers: readonly string[] = [], body = ''): void => {
    const length = body === '' ? [] : [`Content-Length: ${body.length}`];
    const lines = [`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...headers, ...length];
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  };
  switch (method) {
    case 'OPTIONS':
      reply('200 OK', [`Public: ${steps.join(', ')}, TEARDOWN`]);
      break;
    case 'DESCRIBE':
      reply('200 OK', ['Content-Type: application/sdp'], description(stream));
      break;
    case 'SETUP':
      if (request.includes('interleaved')) {
        reply('200 OK', ['Session: 1', 'Transport: RTP/AVP/TCP;unicast;interleaved=0-1']);
      } else reply('461 Unsupported Transport');
      break;
    default:
      reply('200 OK', ['Session: 1']);
  }
  return method === 'PLAY';
}

function description({ parameterSets }: H264Stream): string {
  const sets = parameterSets.map((set) => Buffer.from(set).toString('base64')).join(',');
  const lines = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    's=camera',
    't=0 0',
    `m=video 0 RTP/AVP ${payloadType}`,
    `a=rtpmap:${payloadType} H264/${clockHz}`,
    `a=fmtp:${payloadType} packetization-mode=1;sprop-parameter-sets=${sets}`,
    'a=control:track',
  ];
  return `${lines.join('\r\n')}\r\n`;
}

/** Sends the pictures over and over; returns what ends it. */
function play(socket: Socket, { stream, intervalMs, lateMs, kept }: RtspScript): () => void {
  let sequence = 0;
  return sendPaced(socket, { intervalMs, lateMs, kept }, (index) => {
    const units = stream.pictures[index % stream.pictures.length] as readonly Uint8Array[];
    const payloads = units.flatMap(rtpPayloads);
    const timestamp = (firstTimestamp + (index * intervalMs * clockHz) / 1000) % 2 ** 32;
    const packets = payloads.map((payload, at) =>
      rtpPacket(payload, {
        sequence: sequence++ & 0xffff,
        timestamp: Math.floor(timestamp),
        marked: at === payloads.length - 1,
      }),
    );
    socket.write(Buffer.concat(packets));
  });
}

/** A NAL unit as it is, or in fragments (FU-A) where it is larger than a packet. */
function rtpPayloads(unit: Uint8Array): Uint8Array[] {
  if (unit.length <= maxPayloadBytes) return [unit];
  const header = unit[0] as number;
  const payloads: Uint8Array[] = [];
  for (let at = 1; at < unit.length; at += maxPayloadBytes) {
    const piece = unit.subarray(at, at + maxPayloadBytes);
    const start = at === 1 ? 0x80 : 0;
    const end = at + piece.length === unit.length ? 0x40 : 0;
    payloads.push(Buffer.concat([Buffer.of((header & 0xe0) | 28, start | end | (header & 0x1f)), piece]));
  }
  return payloads;
}

interface RtpHeader {
  readonly sequence: number;
  readonly timestamp: number;
  /** The last packet of a picture. */
  readonly marked: boolean;
}

/** An RTP packet (RFC 3550) behind the four bytes by which RTSP interleaves it. */
function rtpPacket(payload: Uint8Array, { sequence, timestamp, marked }: RtpHeader): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt8(0x24, 0);
  header.writeUInt16BE(12 + payload.length, 2);
  header.writeUInt8(0x80, 4);
  header.writeUInt8((marked ? 0x80 : 0) | payloadType, 5);
  header.writeUInt16BE(sequence, 6);
  header.writeUInt32BE(timestamp, 8);
  return Buffer.concat([header, payload]);
}
