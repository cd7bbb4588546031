/**
 * A small RTSP camera (RFC 2326, RTP over the same TCP connection or to a multicast group) in a process of its own: it
 * sends an MPEG transport stream over and over. Run by startRtspServer().
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { CertificateFiles } from './test-certificates.js';

export interface RtspServerOptions {
  /** The transport stream that it sends. */
  readonly file: string;
  /** How long the stream plays, in seconds. */
  readonly seconds: number;
  /** Demanded by Basic authentication: user:password. */
  readonly credentials?: string;
  /** A free one where left out. */
  readonly port?: number;
  /** Speaks RTSP over TLS with this certificate. */
  readonly tls?: CertificateFiles;
  /** Answers DESCRIBE with a redirect to this address, where the request is not for it already. */
  readonly location?: string;
  /** Sends to this group alone, and no further than this machine; what asks for another transport is refused. */
  readonly multicastGroup?: string;
}

export interface RtspServer {
  readonly port: number;
  readonly process: ChildProcess;
  /** All that clients sent, request by request. */
  readonly requests: string[];
}

export async function startRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], {
    execArgv: ['--import=tsx'],
  });
  const requests: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('exit', (code) => reject(new Error(`the RTSP server ended with ${code}`)));
  });
  child.on('message', (message) => requests.push(String(message)));
  return { port, process: child, requests };
}

const packetBytes = 188;
const packetsPerRtp = 7;
/** In front of a packet that shares the connection. */
const interleavedBytes = 4;
const groupPort = 35_770;

function serve(options: RtspServerOptions): void {
  const stream = readFileSync(options.file);
  const serveOne = (socket: Socket): unknown => new Connection(socket, stream, options);
  const pem = ({ cert, key }: CertificateFiles) => ({ cert: readFileSync(cert), key: readFileSync(key) });
  const server = options.tls ? createTlsServer(pem(options.tls), serveOne) : createServer(serveOne);
  server.on('tlsClientError', () => {});
  server.listen(options.port ?? 0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object') process.send?.(address?.port);
  });
  process.on('disconnect', () => process.exit(0));
}

class Connection {
  readonly #socket: Socket;
  readonly #stream: Buffer;
  readonly #options: RtspServerOptions;
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #sequence = 0;
  readonly #group = createSocket('udp4');

  constructor(socket: Socket, stream: Buffer, options: RtspServerOptions) {
    this.#socket = socket;
    this.#stream = stream;
    this.#options = options;
    let pending = '';
    socket.on('error', () => {});
    this.#group.bind(0, () => {
      this.#group.setMulticastTTL(0);
      this.#group.setMulticastLoopback(true);
    });
    socket.on('close', () => {
      clearInterval(this.#timer);
      this.#group.close();
    });
    socket.on('data', (data) => {
      pending += data.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end !== -1; end = pending.indexOf('\r\n\r\n')) {
        this.#answer(pending.slice(0, end));
        pending = pending.slice(end + 4);
      }
    });
  }

  #answer(request: string): void {
    const method = /\b(OPTIONS|DESCRIBE|SETUP|PLAY|TEARDOWN|GET_PARAMETER) rtsp/.exec(request)?.[1];
    process.send?.(request);
    const sequence = /^CSeq: *(\d+)/im.exec(request)?.[1] ?? '1';
    const reply = (status: string, headers = '', body = ''): void => {
      const length = body === '' ? '' : `Content-Length: ${body.length}\r\n`;
      this.#socket.write(`RTSP/1.0 ${status}\r\nCSeq: ${sequence}\r\n${headers}${length}\r\n${body}`);
    };
    const { credentials, location, multicastGroup } = this.#options;
    const expected = `Basic ${Buffer.from(credentials ?? '').toString('base64')}`;
    if (method !== 'OPTIONS' && credentials !== undefined && !request.includes(expected)) {
      reply('401 Unauthorized', 'WWW-Authenticate: Basic realm="camera"\r\n');
    } else if (
      method === 'DESCRIBE' &&
      location !== undefined &&
      !request.includes(new URL(location).pathname)
    ) {
      reply('302 Found', `Location: ${location}\r\n`);
    } else if (method === 'OPTIONS') reply('200 OK', 'Public: DESCRIBE, SETUP, PLAY, TEARDOWN\r\n');
    else if (method === 'DESCRIBE') {
      const sdp =
        'v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\na=control:track\r\n';
      reply('200 OK', 'Content-Type: application/sdp\r\n', sdp);
    } else if (method === 'SETUP' && multicastGroup !== undefined) {
      const transport = `RTP/AVP;multicast;destination=${multicastGroup};ttl=1;port=${groupPort}-${groupPort + 1}`;
      if (!/^Transport:.*multicast/im.test(request)) reply('461 Unsupported Transport');
      else reply('200 OK', `Session: 1\r\nTransport: ${transport}\r\n`);
    } else if (method === 'SETUP') {
      reply('200 OK', 'Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n');
    } else if (method === 'PLAY') {
      reply('200 OK', 'Session: 1\r\n');
      this.#play();
    } else reply('200 OK', 'Session: 1\r\n');
  }

  #play(): void {
    const rtpBytes = packetBytes * packetsPerRtp;
    const bytesPerTick = (this.#stream.length / this.#options.seconds / 1000) * 10;
    let budget = 0;
    this.#timer = setInterval(() => {
      for (budget += bytesPerTick; budget > 0; budget -= rtpBytes) {
        const at = this.#sent % this.#stream.length;
        const payload = this.#stream.subarray(at, at + rtpBytes);
        this.#sent += payload.length;
        const packet = this.#packet(payload);
        const { multicastGroup } = this.#options;
        if (multicastGroup === undefined) this.#socket.write(packet);
        else this.#group.send(packet.subarray(interleavedBytes), groupPort, multicastGroup);
      }
    }, 10);
  }

  /** An RTP packet (RFC 3550) of type 33, MPEG-2 transport stream, behind the interleaving header. */
  #packet(payload: Buffer): Buffer {
    const header = Buffer.alloc(16);
    header.writeUInt8(0x24, 0);
    header.writeUInt16BE(12 + payload.length, 2);
    header.writeUInt8(0x80, 4);
    header.writeUInt8(33, 5);
    header.writeUInt16BE(this.#sequence++ & 0xffff, 6);
    header.writeUInt32BE(Math.round(performance.now() * 90) >>> 0, 8);
    return Buffer.concat([header, payload]);
  }
}

const argument = process.argv[2];
if (process.argv[1] === fileURLToPath(import.meta.url) && argument !== undefined) {
  serve(JSON.parse(argument) as RtspServerOptions);
}
