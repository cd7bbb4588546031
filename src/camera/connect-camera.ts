import { once } from 'node:events';
import { connect, isIP, type LookupFunction, type OnReadOpts, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { AgentError, type ErrorCode } from '../errors.js';
import { type Endpoint, endpointText } from '../network/endpoint.js';
import { judgedLookup, type ResolveHost } from '../network/judged-lookup.js';
import {
  type CameraHost,
  cameraHost,
  isBarred,
  isBarredByName,
  type SourcePolicy,
} from '../network/source-policy.js';
import { readBoundedSync, unreadableReason } from '../read-bounded.js';

export interface ConnectOptions {
  readonly endpoint: Endpoint;
  readonly policy: SourcePolicy;
  /** For messages: no credentials in it. */
  readonly description: string;
  /** For everything: looking up, connecting and TLS. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Reads into one buffer for ever, where there is no TLS: a stream of small packets costs a third less. */
  readonly onread?: OnReadOpts | undefined;
  /** The system's where left out. */
  readonly resolve?: ResolveHost | undefined;
}

/**
 * The one way to a network camera: the host is looked up once and judged, the connection goes to an address that was
 * judged, and with TLS the server has proved itself before anything is sent. The socket is open and silent.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
 */
export async function connectCamera(options: ConnectOptions): Promise<Socket> {
  const { endpoint, policy, timeoutMs, signal } = options;
  const fail = failing(options);
  const lookup = cameraLookup(options, fail);
  const { host, port } = endpoint;
  const trust = cameraHost(policy.hosts, endpoint);
  const target = { host, port, lookup };
  const onread = options.onread === undefined ? {} : { onread: options.onread };
  const socket = endpoint.tls
    ? connectTls({ ...target, ...proof(trust, host, fail) })
    : connect({ ...target, ...onread });
  // Also after all this: an error that nobody waits for any more is no crash.
  socket.on('error', () => {});
  // No AbortSignal.any(): a signal that lives as long as its camera would remember each of its connections.
  const waiting = new AbortController();
  const giveUp = (): void => waiting.abort();
  const limit = setTimeout(giveUp, timeoutMs).unref();
  signal.addEventListener('abort', giveUp);
  try {
    const connected = endpoint.tls ? 'secureConnect' : 'connect';
    await once(socket, connected, { signal: waiting.signal });
    if (endpoint.tls) assertProven(socket as TLSSocket, trust, fail);
    return socket;
  } catch (error) {
    socket.destroy();
    if (error instanceof AgentError) throw error;
    if (signal.aborted) throw fail('it was closed meanwhile');
    if (waiting.signal.aborted) {
      throw fail(`${endpointText(endpoint)} does not answer within ${timeoutMs} ms`);
    }
    throw fail(connectReason(error as NodeJS.ErrnoException, endpoint));
  } finally {
    clearTimeout(limit);
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * The IP address of a camera that others connect to, by UDP: looked up once and judged as connectCamera() does it.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED.
 */
export async function judgedAddress(options: ConnectOptions): Promise<string> {
  const { endpoint, timeoutMs, signal } = options;
  const fail = failing(options);
  const lookup = cameraLookup(options, fail);
  if (isIP(endpoint.host) !== 0) return endpoint.host;
  const limit = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    const late = `its host name ${endpoint.host} is not resolved within ${timeoutMs} ms`;
    limit.addEventListener('abort', () => reject(fail(late)), { once: true });
    signal.addEventListener('abort', () => reject(fail('it was closed meanwhile')), { once: true });
    lookup(endpoint.host, { all: false }, (error, address) => {
      if (error === null) resolve(String(address));
      else reject(error instanceof AgentError ? error : fail(connectReason(error, endpoint)));
    });
  });
}

type Fail = (reason: string, code?: ErrorCode) => AgentError;

function failing({ description }: ConnectOptions): Fail {
  return (reason, code = 'CAMERA_OPEN_FAILED') =>
    new AgentError(code, `${description} cannot be opened: ${reason}`);
}

/** Throws where the host itself is barred; what it gives is judged as well. */
function cameraLookup({ endpoint, policy, signal, resolve }: ConnectOptions, fail: Fail): LookupFunction {
  const blocked = (): AgentError =>
    fail('its address is not allowed to a camera of a remote document', 'CAMERA_ADDRESS_BLOCKED');
  if (signal.aborted) throw fail('it was closed meanwhile');
  if (isBarredByName(policy, endpoint)) throw blocked();
  return judgedLookup((_, addresses) => {
    if (addresses.some((address) => isBarred(policy, endpoint, address))) throw blocked();
  }, resolve);
}

/** What TLS is told; the certificate file is read anew each time. */
function proof(trust: CameraHost | undefined, host: string, fail: Fail) {
  return {
    minVersion: 'TLSv1.2' as const,
    // Judged in assertProven(), before anything is sent: the message has to name the certificate that was seen.
    rejectUnauthorized: false,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(trust?.ca_file === undefined ? {} : { ca: readAuthorities(trust.ca_file, fail) }),
  };
}

/** The authorities of a whole system take 200 KiB. */
const maxAuthoritiesBytes = 2 ** 20;

function readAuthorities(path: string, fail: Fail): Buffer {
  let content: Buffer;
  try {
    content = readBoundedSync(path, maxAuthoritiesBytes);
  } catch (error) {
    const reason = unreadableReason(error);
    throw fail(`the file of its certificate's authorities, ${path}, ${reason}`, 'CAMERA_UNPROVEN');
  }
  if (content.includes('-----BEGIN ')) return content;
  throw fail(`${path}: expected PEM, found no -----BEGIN line`, 'CAMERA_UNPROVEN');
}

/** A pinned certificate proves itself by its fingerprint alone, any other by its authority, dates and name. */
function assertProven(socket: TLSSocket, trust: CameraHost | undefined, fail: Fail): void {
  const seen = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase();
  const pinned = trust?.fingerprint;
  if (seen !== undefined && (pinned === undefined ? socket.authorized : seen === pinned)) return;
  const why =
    pinned === undefined
      ? `its certificate does not prove its name (${reasonOf(socket)})`
      : 'its certificate is not the one of camera_hosts';
  throw fail(
    `${why}; the SHA-256 fingerprint that was seen is ${seen ?? 'none'}, and where that is the camera's own, ` +
      '`fingerprint` of its host in `camera_hosts` of the local file accepts it',
    'CAMERA_UNPROVEN',
  );
}

function reasonOf({ authorizationError }: TLSSocket): string {
  // An Error by its type, a code as it is.
  return String(authorizationError ?? 'no reason given');
}

/** Why a connection did not come about, for people. */
function connectReason(error: NodeJS.ErrnoException, endpoint: Endpoint): string {
  const at = endpointText(endpoint);
  switch (error.code) {
    case 'ECONNREFUSED':
      return `nothing listens on ${at} (connection refused)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `its host name ${endpoint.host} cannot be resolved`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ETIMEDOUT':
      return `${endpoint.host} is not reachable (${error.code})`;
    case 'ECONNRESET':
      return `${at} closed the connection`;
    default:
      return `connecting to ${at} failed (${error.code ?? 'no code'})`;
  }
}
