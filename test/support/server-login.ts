import { createHash, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

export interface ServerLoginOptions {
  /** user:password */
  readonly credentials: string;
  /** What is demanded: Basic, or Digest with one of these algorithms and its qop; '' for none (RFC 2069). */
  readonly demands: readonly (
    | 'Basic'
    | { algorithm: string; qop: '' | 'auth' | 'auth,auth-int' | 'auth-int' }
  )[];
  /** Requests for which one nonce is good. */
  readonly nonceUses?: number;
}

const hashes: Record<string, string> = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' };

/** A camera's side of a login, written from the RFC and strict about it. */
export class ServerLogin {
  /** Authorization headers as they came; '-' where there was none. */
  readonly heard: string[] = [];
  /** How often a nonce was called stale. */
  stale = 0;
  readonly #options: ServerLoginOptions;
  /** By nonce, the count that was used last. */
  readonly #counts = new Map<string, number>();

  constructor(options: ServerLoginOptions) {
    this.#options = options;
  }

  /** True where the request may be answered; else it is answered with 401. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    const { authorization = '-' } = request.headers;
    this.heard.push(authorization);
    const verdict = this.#verdict(request, authorization);
    if (verdict === 'welcome') return true;
    if (verdict === 'stale') this.stale++;
    response.writeHead(401, { 'www-authenticate': this.#demand(verdict === 'stale') }).end('<p>log in</p>');
    return false;
  }

  #verdict({ method = '', url = '' }: IncomingMessage, authorization: string): 'welcome' | 'stale' | 'no' {
    const { credentials, demands, nonceUses = Number.POSITIVE_INFINITY } = this.#options;
    if (authorization.startsWith('Basic ')) {
      const isRight = Buffer.from(authorization.slice(6), 'base64').toString() === credentials;
      return isRight && demands.includes('Basic') ? 'welcome' : 'no';
    }
    if (!authorization.startsWith('Digest ')) return 'no';
    const field = (name: string): string =>
      new RegExp(`[ ,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^", ]+))`)
        .exec(authorization)
        ?.slice(1)
        .find(Boolean) ?? '';
    const named = field('algorithm') || 'MD5';
    const [user = '', password = ''] = credentials.split(':');
    const hash = (text: string): string =>
      createHash(hashes[named.replace('-sess', '')] ?? 'sha1')
        .update(text)
        .digest('hex');
    const nonce = field('nonce');
    const before = this.#counts.get(nonce);
    if (before === undefined || field('username') !== user || field('uri') !== url) return 'no';
    const login = hash(`${user}:camera "1":${password}`);
    const secret = named.endsWith('-sess') ? hash(`${login}:${nonce}:${field('cnonce')}`) : login;
    const qop = field('qop');
    const middle = qop === '' ? '' : `${field('nc')}:${field('cnonce')}:${qop}:`;
    const isDemanded = demands.some(
      (demand) => demand !== 'Basic' && demand.algorithm === named && demand.qop.split(',').includes(qop),
    );
    if (!isDemanded || field('response') !== hash(`${secret}:${nonce}:${middle}${hash(`${method}:${url}`)}`))
      return 'no';
    const count = qop === '' ? before + 1 : Number.parseInt(field('nc'), 16);
    if (count !== before + 1) return 'no';
    if (count > nonceUses) return 'stale';
    this.#counts.set(nonce, count);
    return 'welcome';
  }

  #demand(isStale: boolean): string[] {
    const nonce = randomBytes(12).toString('base64');
    this.#counts.set(nonce, 0);
    return this.#options.demands.map((demand) => {
      if (demand === 'Basic') return 'Basic realm="camera, with a comma"';
      const { algorithm, qop } = demand;
      const offered = qop === '' ? '' : `, qop="${qop}"`;
      const named = algorithm === 'MD5' ? '' : `, algorithm=${algorithm}`;
      return `Digest realm="camera \\"1\\"", nonce="${nonce}"${offered}${named}${isStale ? ', stale=TRUE' : ''}`;
    });
  }
}
