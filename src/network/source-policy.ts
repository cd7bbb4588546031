import { isIP } from 'node:net';
import { type Endpoint, namesEndpoint, namesPort } from './endpoint.js';
import { networkKind } from './network-kind.js';
import { isOwnAddress } from './own-addresses.js';

/** What the local configuration says of a host that cameras are read from. */
export interface CameraHost {
  /** `host` or `host:port`. */
  readonly host: string;
  /** PEM file with the authorities that may have signed its certificate; the system's where left out. */
  readonly ca_file?: string | undefined;
  /** SHA-256 of the one certificate that it may show, 64 lower-case hex digits. */
  readonly fingerprint?: string | undefined;
  /** Remote documents may name it, wherever it is. */
  readonly allow_remote: boolean;
}

/** What a network camera may connect to. */
export interface SourcePolicy {
  /** True where a remote document names the camera: then it reaches no address of this machine and its like. */
  readonly remote: boolean;
  readonly hosts: readonly CameraHost[];
}

/** Of a camera that somebody at this machine names. */
export const localPolicy: SourcePolicy = { remote: false, hosts: [] };

/** What is said of an endpoint: of its host and port, else of its host. */
export function cameraHost(hosts: readonly CameraHost[], endpoint: Endpoint): CameraHost | undefined {
  const named = hosts.filter(({ host }) => namesEndpoint(host, endpoint));
  return named.find(({ host }) => namesPort(host)) ?? named[0];
}

/**
 * True where a camera with this policy must not connect to `address`, which `endpoint` has. It goes by the address
 * alone: whatever name led there.
 */
export function isBarred(policy: SourcePolicy, endpoint: Endpoint, address: string): boolean {
  if (!policy.remote || cameraHost(policy.hosts, endpoint)?.allow_remote === true) return false;
  const kind = networkKind(address);
  return kind === 'loopback' || kind === 'forbidden' || isOwnAddress(address);
}

/** The same before anything is looked up: true for addresses, and for the names that stand for this machine. */
export function isBarredByName(policy: SourcePolicy, endpoint: Endpoint): boolean {
  const { host } = endpoint;
  if (isIP(host) !== 0) return isBarred(policy, endpoint, host);
  return /(^|\.)localhost$/.test(host) && isBarred(policy, endpoint, '127.0.0.1');
}
