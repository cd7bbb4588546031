import { isIP, type LookupFunction } from 'node:net';
import { AgentError } from '../errors.js';
import { judgedLookup, type ResolveHost } from '../network/judged-lookup.js';
import { networkKind } from '../network/network-kind.js';

export type { ResolveHost };

/** A server of the local configuration that updates may come from. */
export interface AllowedOrigin {
  /** As URL.origin spells it: `https://host` or `https://host:8443`. */
  readonly origin: string;
  /** True where the server may be on this machine or in a private network. */
  readonly allow_private: boolean;
}

/**
 * Decides what may be connected to for an update. Every request is judged anew, redirects included, and the
 * connection goes to the very address that was judged: a name that is resolved differently a moment later gains nothing.
 */
export class FetchGuard {
  readonly #origins: readonly AllowedOrigin[];
  readonly #resolve: ResolveHost | undefined;

  constructor(origins: readonly AllowedOrigin[], resolve?: ResolveHost) {
    this.#origins = origins;
    this.#resolve = resolve;
  }

  /**
   * Throws AgentError MODEL_ORIGIN_REFUSED where nothing may be asked of this address, MODEL_ADDRESS_BLOCKED where
   * its host is an IP address in a blocked network. Messages hold no credentials.
   */
  check(url: URL): void {
    const { allow_private } = this.#originOf(url);
    const address = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0) refuseBlocked(url.hostname, [address], allow_private);
  }

  /** As check(), and what is to look up the host for the connection: it fails with MODEL_ADDRESS_BLOCKED. */
  admit(url: URL): LookupFunction {
    this.check(url);
    const { allow_private } = this.#originOf(url);
    return judgedLookup(
      (hostname, addresses) => refuseBlocked(hostname, addresses, allow_private),
      this.#resolve,
    );
  }

  #originOf({ origin, protocol, username, password }: URL): AllowedOrigin {
    const isWeb = protocol === 'http:' || protocol === 'https:';
    const allowed = isWeb ? this.#origins.find((one) => one.origin === origin) : undefined;
    if (allowed === undefined) {
      // An address of another kind may hold anything, so that only its scheme is repeated.
      const shown = isWeb ? origin : protocol;
      throw new AgentError(
        'MODEL_ORIGIN_REFUSED',
        `${shown} is not among the origins of this machine's updates`,
      );
    }
    if (username !== '' || password !== '') {
      throw new AgentError(
        'MODEL_ORIGIN_REFUSED',
        `An address on ${origin} holds credentials, expected none`,
      );
    }
    return allowed;
  }
}

/** One blocked address among several is enough: which one is connected to is not ours to say. */
function refuseBlocked(host: string, addresses: readonly string[], allowPrivate: boolean): void {
  if (addresses.length === 0) throw new AgentError('MODEL_ADDRESS_BLOCKED', `${host} has no address`);
  for (const address of addresses) {
    const kind = networkKind(address);
    const isOwn = kind === 'private' || kind === 'loopback';
    if (kind === 'public' || (isOwn && allowPrivate)) continue;
    const why = isOwn ? 'in a private network, and its origin has no allow_private' : 'blocked always';
    const shown = address === host.replace(/^\[|\]$/g, '') ? host : `${host} is ${address}, which`;
    throw new AgentError('MODEL_ADDRESS_BLOCKED', `${shown} is ${why}`);
  }
}
