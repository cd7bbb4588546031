import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { AgentError } from '../errors.js';
import { endpointOf } from '../network/endpoint.js';
import type { SourcePolicy } from '../network/source-policy.js';
import { CameraAgent } from './camera-agent.js';
import { HttpLogin, offersKnownLogin } from './http-login.js';
import { readBody } from './read-body.js';
import { redactSource } from './redact-source.js';
import { requestCamera } from './request-camera.js';

const maxRedirects = 5;
/** For connecting, each time. */
const connectMs = 4000;
/** Of an answer that is only read so that its connection can be used again. */
const passedOver = { maxBytes: 64 * 1024, timeoutMs: 1000 };

/** What a camera of a remote document is said to do, whatever the server said. */
const noVideo = 'it gives no video at this address';

export interface HttpCameraOptions {
  /** With user and password, where there are some. */
  readonly address: string;
  readonly policy: SourcePolicy;
  /** Ends whatever is under way. */
  readonly signal: AbortSignal;
}

/**
 * Asks one camera over HTTP, again and again on one connection where the camera keeps it, logs in where it demands that, and
 * follows its redirects. Of another scheme, host or port nobody has said that it may have the login.
 */
export class HttpCamera {
  readonly policy: SourcePolicy;
  readonly #signal: AbortSignal;
  readonly #first: URL;
  readonly #login: HttpLogin;
  #agent: CameraAgent | undefined;
  /** What was asked last. */
  #url: URL;

  constructor({ address, policy, signal }: HttpCameraOptions) {
    this.policy = policy;
    this.#signal = signal;
    this.#first = new URL(address);
    this.#url = this.#first;
    this.#login = new HttpLogin(this.#first);
  }

  /**
   * The answer to a GET, whose body is to be read or destroyed; no redirect, and no demand for a login that could be met.
   * `answerMs`: how long the beginning of each answer may take. One at a time.
   * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
   */
  async ask(headers: OutgoingHttpHeaders, answerMs: number): Promise<IncomingMessage> {
    this.#url = this.#first;
    for (let hop = 0; hop <= maxRedirects; hop++) {
      const answer = await this.#get(headers, answerMs).catch((error) => {
        if (!this.policy.remote || hop === 0 || error.code !== 'CAMERA_OPEN_FAILED') throw error;
        throw this.failure('', 'what it redirects to gives no answer');
      });
      const status = answer.statusCode ?? 0;
      const { location } = answer.headers;
      if (status < 300 || status >= 400 || location === undefined) return answer;
      await readBody(answer, passedOver).catch(() => {});
      this.#url = this.#redirected(location);
    }
    throw describedFailure(this.#first, `more than ${maxRedirects} redirections`);
  }

  /** Why an answer of another status than 200 is no good. */
  refusal({ statusCode, statusMessage = '', headers }: IncomingMessage): AgentError {
    const known = statusCode !== 401 || offersKnownLogin(headers['www-authenticate']);
    const check = known
      ? 'check user and password'
      : 'it demands another kind of login than Basic and Digest';
    const hint = statusCode === 401 || statusCode === 403 ? ` (${check})` : '';
    const reason = `the server answered ${statusCode} ${statusMessage}`.trim();
    return this.failure(`${reason}${hint}`, hint === '' ? noVideo : `it refuses the request${hint}`);
  }

  /**
   * That it cannot be opened, and why: `word` where a remote document names it. That may name any host of the network, and
   * its author is not told what the host answers, or where it redirects to.
   */
  failure(reason: string, word: string = noVideo): AgentError {
    return this.policy.remote ? describedFailure(this.#first, word) : describedFailure(this.#url, reason);
  }

  /** Ends its connection, whatever goes over it. */
  close(): void {
    this.#agent?.destroy();
  }

  /** From where it was redirected to, or from the camera itself. */
  async #get(headers: OutgoingHttpHeaders, answerMs: number): Promise<IncomingMessage> {
    const url = this.#url;
    const described = this.policy.remote ? this.#first : url;
    const endpoint = endpointOf(url.href);
    if (endpoint === undefined) throw describedFailure(described, 'its host is none');
    const isCamera = url.origin === this.#first.origin;
    const to = {
      endpoint,
      policy: this.policy,
      description: redactSource(described.href),
      timeoutMs: connectMs,
      signal: this.#signal,
    };
    if (isCamera) this.#agent ??= new CameraAgent({ ...to, keep: true });
    const agent = isCamera ? this.#agent : undefined;
    for (let tries = 0; ; tries++) {
      const login = isCamera ? this.#login.authorization('GET', `${url.pathname}${url.search}`) : undefined;
      const authorization = login === undefined ? {} : { authorization: login };
      const asked = { ...headers, accept: '*/*', ...authorization };
      const answer = await requestCamera({ ...to, url, answerMs, agent, lenient: true, headers: asked });
      const demand = answer.headers['www-authenticate'];
      if (answer.statusCode !== 401 || !isCamera || !this.#login.answers(demand, tries)) return answer;
      await readBody(answer, passedOver).catch(() => {});
    }
  }

  #redirected(location: string): URL {
    const word = 'it redirects to what is no HTTP address';
    if (!URL.canParse(location, this.#url.href)) {
      throw this.failure('it redirects to something that is no URL', word);
    }
    const url = new URL(location, this.#url);
    if (url.protocol === 'http:' || url.protocol === 'https:') return url;
    throw this.failure(`it redirects to ${url.protocol}, which is not followed`, word);
  }
}

function describedFailure(url: URL, reason: string): AgentError {
  return new AgentError('CAMERA_OPEN_FAILED', `${redactSource(url.href)} cannot be opened: ${reason.trim()}`);
}
