import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import { AgentError } from '../errors.js';
import { type Endpoint, endpointOf, endpointText, isSameEndpoint } from '../network/endpoint.js';
import { NewestTexts } from './newest-texts.js';
import { LoopbackServer, type PassageOptions } from './passage.js';
import { maxPlaylistBytes, maxPlaylistServers, playlistKind, rewritePlaylist } from './playlist.js';
import { readBody } from './read-body.js';
import { requestCamera } from './request-camera.js';

/** Between two ends of one connection, and so not to be handed on (RFC 9110, 7.6.1). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** What logs in: for the camera itself, nowhere else. */
const credentials = new Set(['authorization', 'cookie']);

/** Of servers other than the camera that redirects and playlists have named; those of a few playlists. */
const maxNames = 4 * maxPlaylistServers;

/**
 * The proxy through which FFmpeg makes every request of one camera: redirects, playlists and segments too. Each is
 * judged and proved as connectCamera() does it. FFmpeg itself would verify no certificate, so that it is told http://
 * addresses alone, and here it is remembered which of them are https.
 */
export class HttpGuard extends LoopbackServer {
  /** `host:port` of other servers that speak TLS. A camera may name new ones for ever. */
  readonly #secure = new NewestTexts(maxNames);
  readonly #server: Server;

  constructor(options: PassageOptions) {
    const server = createServer();
    super(server, options);
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
    // A tunnel could lead anywhere, with anything inside.
    server.on('connect', (_, socket) => socket.destroy());
    server.on('connection', (socket) => {
      if (this.refuses(socket)) socket.destroy();
    });
  }

  override end(): void {
    super.end();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = request.url ?? '';
    const endpoint = this.#endpointOf(asked);
    const { method = '' } = request;
    if (endpoint === undefined || !['GET', 'HEAD'].includes(method)) {
      response.writeHead(403).end();
      return;
    }
    const url = new URL(asked);
    if (endpoint.tls) url.protocol = 'https:';
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { signal } = gone;
    try {
      const headers = this.#requestHeaders(request.headers, endpoint);
      const answer = await requestCamera({ ...this.options, endpoint, url, method, headers, signal });
      await this.#handOn(answer, url, response);
    } catch (error) {
      if (!signal.aborted) this.fail(error);
      if (response.headersSent) response.destroy();
      else response.writeHead(502).end();
    }
  }

  async #handOn(answer: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    const { statusCode = 502, statusMessage } = answer;
    const headers = withoutHopByHop(answer.headers);
    const { location } = answer.headers;
    if (location !== undefined) {
      headers.location = this.#address(location, url);
      if (headers.location === undefined) {
        answer.destroy();
        throw this.#redirected();
      }
    }
    const kind = playlistKind(answer.headers['content-type'] ?? '', url.pathname);
    if (kind !== undefined) {
      const text = (await readBody(answer, { name: 'playlist', maxBytes: maxPlaylistBytes })).toString(
        'utf8',
      );
      const here = endpointOf(url.href);
      const rewritten = rewritePlaylist(text, { kind, isSecure: url.protocol === 'https:' }, (server) =>
        this.#beginning(`https://${server}`, here),
      );
      headers['content-length'] = Buffer.byteLength(rewritten);
      response.writeHead(statusCode, statusMessage, headers).end(rewritten);
      return;
    }
    response.writeHead(statusCode, statusMessage, headers);
    answer.on('error', () => {});
    answer.on('close', () => {
      if (!answer.complete) response.destroy();
    });
    answer.pipe(response);
  }

  /**
   * The address by which FFmpeg asks here for what `address`, found in an answer to `from`, names; undefined where that
   * is nothing of HTTP.
   */
  #address(address: string, from: URL): string | undefined {
    const next = URL.canParse(address, from.href) ? new URL(address, from) : undefined;
    if (next === undefined || !/^https?:$/.test(next.protocol)) return undefined;
    const beginning = this.#beginning(next.href, endpointOf(from.href));
    return beginning === undefined ? undefined : `${beginning}${next.pathname}${next.search}`;
  }

  /** What an address of HTTP begins with for FFmpeg, up to its path; undefined where it names no server. */
  #beginning(address: string, here: Endpoint | undefined): string | undefined {
    const endpoint = endpointOf(address);
    if (endpoint === undefined) return undefined;
    // A path alone, so that the login that is for here goes along.
    if (here !== undefined && isSameEndpoint(endpoint, here)) return '';
    if (endpoint.tls) this.#secure.add(endpointText(endpoint));
    return `http://${endpointText(endpoint)}`;
  }

  #redirected(): AgentError {
    const reason = 'it redirects to what is no HTTP address, which is not followed';
    return new AgentError('CAMERA_REDIRECTED', `${this.options.description} cannot be opened: ${reason}`);
  }

  #endpointOf(asked: string): Endpoint | undefined {
    const endpoint = /^http:\/\//i.test(asked) ? endpointOf(asked) : undefined;
    return endpoint && { ...endpoint, tls: this.#isSecure(endpointText(endpoint)) };
  }

  /** What is said of the camera itself is known from the beginning, and no answer changes it. */
  #isSecure(name: string): boolean {
    const { endpoint } = this.options;
    return name === endpointText(endpoint) ? endpoint.tls : this.#secure.has(name);
  }

  #requestHeaders(headers: IncomingHttpHeaders, endpoint: Endpoint): OutgoingHttpHeaders {
    const isCamera = isSameEndpoint(endpoint, this.options.endpoint);
    const { host: _, ...others } = withoutHopByHop(headers);
    const kept = Object.entries(others).filter(([name]) => isCamera || !credentials.has(name));
    return Object.fromEntries(kept);
  }
}

function withoutHopByHop(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}
