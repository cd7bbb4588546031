import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { AgentError } from '../../errors.js';
import { type Endpoint, endpointText } from '../../network/endpoint.js';
import type { SourcePolicy } from '../../network/source-policy.js';
import { digestAuthorization, digestRank } from '../digest-access.js';
import { requestCamera } from '../request-camera.js';
import { type Challenge, parseChallenges } from '../www-authenticate.js';
import { plainText } from './plain-text.js';
import { type Login, usernameToken } from './username-token.js';
import { elementAt, textAt, type XmlElement, XmlReader } from './xml-reader.js';

export interface SoapLimits {
  /** For connecting, for the beginning of an answer, and for the rest of it, ms; 4000 by default. */
  readonly timeoutMs?: number;
  /** For everything that is asked, ms; 20,000 by default. */
  readonly allMs?: number;
}

export interface SoapClientOptions extends SoapLimits {
  readonly endpoint: Endpoint;
  readonly login: Login | undefined;
  readonly policy: SourcePolicy;
  /** For messages: no credentials in it. */
  readonly description: string;
  readonly signal: AbortSignal;
}

export interface SoapRequest {
  /** Path and query of the service. */
  readonly path: string;
  readonly namespace: string;
  readonly operation: string;
  /** XML of our own, in that namespace. */
  readonly content?: string;
}

/** What a service answered: what is in the Body, or why it did not do as it was asked. */
export type SoapAnswer =
  | { readonly body: XmlElement; readonly fault?: undefined }
  | { readonly fault: string; readonly body?: undefined };

/** What a camera of a remote document is said to do, whatever it answered. */
const noProfiles = 'it gives no ONVIF profile';
const refused = 'it refuses the request (check user and password)';

/**
 * Asks the ONVIF services of one camera, all at one host and port. It logs in by a WS-Security token, by HTTP Digest
 * where that is demanded, and never sends the password itself.
 */
export class SoapClient {
  readonly #options: SoapClientOptions & Required<SoapLimits>;
  readonly #limit: AbortSignal;
  readonly #signal: AbortSignal;
  /** What is met from the first time on that the camera demands it. */
  #digest: { challenge: Challenge; clientNonce: string; count: number } | undefined;
  /** What the camera's clock is ahead of this machine's, ms. */
  clockOffsetMs = 0;

  constructor(options: SoapClientOptions) {
    this.#options = { timeoutMs: 4000, allMs: 20_000, ...options };
    this.#limit = AbortSignal.timeout(this.#options.allMs);
    this.#signal = AbortSignal.any([options.signal, this.#limit]);
  }

  /**
   * Throws AgentError CAMERA_OPEN_FAILED where there is no answer or the login is refused, CAMERA_ADDRESS_BLOCKED,
   * CAMERA_UNPROVEN.
   */
  async call(request: SoapRequest): Promise<SoapAnswer> {
    const { login } = this.#options;
    let response = await this.#send(request, login);
    const challenge = login === undefined ? undefined : challengeOf(response);
    if (challenge !== undefined) {
      response.destroy();
      this.#digest = { challenge, clientNonce: randomBytes(16).toString('hex'), count: 0 };
      response = await this.#send(request, login);
    }
    const answer = await this.#read(response);
    if (answer.fault === refused) throw this.failure(refused, refused);
    return answer;
  }

  /** As call(), of what everybody may ask: without a login, and a refusal is a fault like others. */
  async callOpenly(request: SoapRequest): Promise<SoapAnswer> {
    return this.#read(await this.#send(request, undefined));
  }

  /** Its error says `reason`, and to the author of a remote document nothing of what the camera answered. */
  failure(reason: string, word: string = noProfiles): AgentError {
    const { description, policy } = this.#options;
    const told = policy.remote ? word : reason;
    return new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${told}`);
  }

  async #send(request: SoapRequest, login: Login | undefined): Promise<IncomingMessage> {
    const { endpoint } = this.#options;
    const { path, namespace, operation, content = '' } = request;
    const url = new URL(`http://${endpointText(endpoint)}${path}`);
    const authorization = login === undefined ? undefined : this.#authorization(login, url);
    const token =
      login === undefined || authorization !== undefined
        ? ''
        : usernameToken(login, Date.now() + this.clockOffsetMs);
    const body = Buffer.from(
      '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">' +
        `<s:Header>${token}</s:Header><s:Body><${operation} xmlns="${namespace}">${content}</${operation}></s:Body></s:Envelope>`,
    );
    const headers = {
      'content-type': `application/soap+xml; charset=utf-8; action="${namespace}/${operation}"`,
      'content-length': body.length,
      ...(authorization === undefined ? {} : { authorization }),
    };
    const signal = this.#signal;
    try {
      return await requestCamera({ ...this.#options, signal, url, method: 'POST', headers, body });
    } catch (error) {
      throw this.#late() ?? error;
    }
  }

  #late(): AgentError | undefined {
    const { signal, allMs } = this.#options;
    if (signal.aborted || !this.#limit.aborted) return undefined;
    return this.failure(`its ONVIF services take more than ${allMs / 1000} s to answer`);
  }

  #authorization({ username: user, password }: Login, url: URL): string | undefined {
    const digest = this.#digest;
    if (digest === undefined) return undefined;
    const { challenge, clientNonce } = digest;
    const uri = `${url.pathname}${url.search}`;
    const count = ++digest.count;
    return digestAuthorization(challenge, { user, password, method: 'POST', uri, count, clientNonce });
  }

  async #read(response: IncomingMessage): Promise<SoapAnswer> {
    const { statusCode = 0, statusMessage = '' } = response;
    if (statusCode === 401 || statusCode === 403) {
      response.destroy();
      return { fault: refused };
    }
    // Faults come with 400 or 500.
    if (![200, 400, 500].includes(statusCode)) {
      response.destroy();
      return { fault: `the server answered ${statusCode} ${plainText(statusMessage)}`.trim() };
    }
    let envelope: XmlElement;
    try {
      envelope = await this.#readXml(response);
    } catch (error) {
      response.destroy();
      if (this.#options.signal.aborted) throw this.failure('it was closed meanwhile');
      const late = this.#late();
      if (late !== undefined) throw late;
      return { fault: `its answer cannot be read: ${plainText((error as Error).message)}` };
    }
    const body = elementAt(envelope, 'Body');
    if (envelope.name !== 'Envelope' || body === undefined) return { fault: 'its answer is no SOAP' };
    const fault = elementAt(body, 'Fault');
    if (fault === undefined) return { body };
    if (isRefusal(fault)) return { fault: refused };
    const reason = textAt(fault, 'Reason', 'Text') ?? textAt(fault, 'faultstring') ?? 'no reason given';
    return { fault: `it answers: ${plainText(reason)}` };
  }

  async #readXml(response: IncomingMessage): Promise<XmlElement> {
    const { timeoutMs } = this.#options;
    const reader = new XmlReader();
    const late = (): unknown => response.destroy(new Error(`it is not complete within ${timeoutMs} ms`));
    const limit = setTimeout(late, timeoutMs);
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) reader.write(chunk);
      return reader.finish();
    } finally {
      clearTimeout(limit);
    }
  }
}

/** The strongest Digest challenge of an answer; Basic is none, since the password itself is never sent. */
function challengeOf({ statusCode, headers }: IncomingMessage): Challenge | undefined {
  if (statusCode !== 401) return undefined;
  const challenges = parseChallenges(headers['www-authenticate'] ?? '');
  const known = challenges.filter((challenge) => digestRank(challenge) >= 0);
  return known.sort((one, other) => digestRank(other) - digestRank(one))[0];
}

/** Codes of ONVIF and of WS-Security, which may stand in a code at any depth. */
function isRefusal(fault: XmlElement): boolean {
  const refusals = new Set([
    'NotAuthorized',
    'FailedAuthentication',
    'InvalidSecurity',
    'InvalidSecurityToken',
  ]);
  for (let code = elementAt(fault, 'Code'); code !== undefined; code = elementAt(code, 'Subcode')) {
    const value = textAt(code, 'Value') ?? '';
    if (refusals.has(value.slice(value.indexOf(':') + 1))) return true;
  }
  return false;
}
