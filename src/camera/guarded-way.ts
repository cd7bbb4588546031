import { AgentError } from '../errors.js';
import { endpointOf, endpointText } from '../network/endpoint.js';
import type { SourcePolicy } from '../network/source-policy.js';
import { openPassage, type Passage } from './open-passage.js';
import type { PassageKind } from './passage.js';
import { reachEndpoint } from './reach-endpoint.js';
import type { RtspTransport } from './rtsp-transport.js';

export interface GuardedWayOptions {
  readonly kind: PassageKind;
  readonly url: string;
  readonly policy: SourcePolicy;
  /** For messages: no credentials in it. */
  readonly description: string;
  /** For connecting. */
  readonly timeoutMs: number;
  /** By which an RTSP camera may send; TCP alone where left out. */
  readonly transports?: readonly RtspTransport[] | undefined;
  readonly signal: AbortSignal;
}

export interface GuardedWay {
  /** The address by which the camera is found at the other end. */
  readonly target: string;
  /** What stands between; to be closed. Left out where the camera is asked directly. */
  readonly passage?: Passage;
}

/**
 * A way to a camera for a library that knows nothing of certificates, policies and redirects. It reads an RTSP camera of the
 * local file itself where there is neither a login nor TLS to guard and TCP is asked for first: a relay costs some percent
 * of a core.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
 */
export async function guardedWay(options: GuardedWayOptions): Promise<GuardedWay> {
  const { kind, url, policy, description, timeoutMs, transports, signal } = options;
  const endpoint = endpointOf(url);
  if (endpoint === undefined) {
    throw new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: its host is none`);
  }
  const to = { endpoint, policy, description, timeoutMs, transports };
  // An RTMP server may be one that waits for a single client.
  if (kind !== 'rtmp') await reachEndpoint(url, { ...to, signal });
  const { username, password, pathname, search } = new URL(url);
  const isOpen = username + password === '' && !endpoint.tls && !policy.remote;
  if (kind === 'rtsp' && isOpen && (transports === undefined || transports[0] === 'tcp'))
    return { target: url };
  const passage = await openPassage(kind, to);
  const login = username + password === '' ? '' : `${username}:${password}@`;
  if (kind === 'http') {
    return { target: `http://${login}${endpointText(endpoint)}${pathname}${search}`, passage };
  }
  // As it is written: cameras' paths are a matter of taste.
  const path = url.replace(/^[^:]*:\/\/[^/?#]*/, '');
  return { target: `${kind}://${login}127.0.0.1:${passage.port}${path}`, passage };
}
