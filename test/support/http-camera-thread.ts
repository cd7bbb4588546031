import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What a path answers: status, headers and body, or a redirect to `location`. */
export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string;
  readonly location?: string;
}

export interface HttpCamera {
  readonly port: number;
  /** `path authorization` of every request so far. */
  requests(): Promise<string[]>;
  stop(): Promise<unknown>;
}

const script = `
const http = require('node:http');
const https = require('node:https');
const { createHash } = require('node:crypto');
const { parentPort, workerData } = require('node:worker_threads');
const { answers, credentials, digest, tls } = workerData;
const createServer = tls === undefined ? http.createServer : https.createServer.bind(https, tls);
const md5 = (text) => createHash('md5').update(text).digest('hex');
const seen = [];
const welcome = (request) => {
  const { authorization = '' } = request.headers;
  if (digest === undefined) return credentials === undefined || authorization === credentials;
  const field = (name) => new RegExp('[ ,]' + name + '="?([^",]*)"?').exec(authorization)?.[1] ?? '';
  const [user, password] = digest.split(':');
  const middle = field('qop') ? [field('nc'), field('cnonce'), field('qop')].join(':') + ':' : '';
  const first = md5(user + ':camera:' + password);
  const second = md5(request.method + ':' + field('uri'));
  return field('response') === md5(first + ':n0nce:' + middle + second) && field('uri') === request.url;
};
const server = createServer((request, response) => {
  seen.push(request.url + ' ' + (request.headers.authorization ?? '-'));
  if (!welcome(request)) {
    const how = digest === undefined ? 'Basic realm="camera"' : 'Digest realm="camera", nonce="n0nce", qop="auth"';
    return response.writeHead(401, { 'www-authenticate': how }).end();
  }
  const { status = 200, headers = {}, body = '', location } = answers[request.url.split('?')[0]] ?? { status: 404 };
  if (location !== undefined) return response.writeHead(302, { location }).end();
  const range = /bytes=(\\d+)-/.exec(request.headers.range ?? '');
  if (range === null || status !== 200) {
    return response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body);
  }
  const bytes = Buffer.from(body);
  const start = Number(range[1]);
  const content = 'bytes ' + start + '-' + (bytes.length - 1) + '/' + bytes.length;
  const part = bytes.subarray(start);
  response.writeHead(206, { 'content-length': part.length, 'content-range': content, ...headers }).end(part);
}).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
parentPort.on('message', () => parentPort.postMessage(seen));
`;

/** An HTTP server in a thread of its own: OpenCV opens a stream on the thread that asks, and waits there. */
export async function startHttpCamera(
  answers: Record<string, Answer>,
  options: { credentials?: string; digest?: string; tls?: { cert: string; key: string } } = {},
): Promise<HttpCamera> {
  const worker = new Worker(script, { eval: true, workerData: { answers, ...options } });
  const [port] = (await once(worker, 'message')) as [number];
  return {
    port,
    requests: async () => {
      worker.postMessage('');
      const [seen] = (await once(worker, 'message')) as [string[]];
      return seen;
    },
    stop: () => worker.terminate(),
  };
}
