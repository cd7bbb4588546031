/** The server that the address of a stream leads to, in one spelling, for comparing, judging and connecting. */
export interface Endpoint {
  readonly tls: boolean;
  /** Lower-case name or IP address, an IPv6 one without its brackets. */
  readonly host: string;
  readonly port: number;
}

/** A host as the configuration names one: with or without a port. */
interface NamedHost {
  readonly host: string;
  readonly port: number | undefined;
}

const schemes: Readonly<Record<string, { tls: boolean; port: number | undefined }>> = {
  'rtsp:': { tls: false, port: 554 },
  'rtsps:': { tls: true, port: 322 },
  'http:': { tls: false, port: 80 },
  'https:': { tls: true, port: 443 },
  'rtmp:': { tls: false, port: 1935 },
  'rtmps:': { tls: true, port: 443 },
  'onvif:': { tls: false, port: 80 },
  'srt:': { tls: false, port: undefined },
};

/** The endpoint of a stream's address; undefined where it is none, or names no host, or not the port that it has to. */
export function endpointOf(address: string): Endpoint | undefined {
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  const scheme = schemes[protocol];
  const host = canonicalHost(hostname);
  const number = port === '' ? scheme?.port : Number(port);
  if (scheme === undefined || host === undefined || number === undefined) return undefined;
  return { tls: scheme.tls, host, port: number };
}

export function isSameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.tls === other.tls && one.host === other.host && one.port === other.port;
}

/** As `host:port`, an IPv6 address in brackets. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** True for `host`, `host:port`, `[IPv6]` and `[IPv6]:port`. */
export function isNamedHost(text: string): boolean {
  return parseNamedHost(text) !== undefined;
}

/** True where a configured host means this endpoint; one without a port means every port. */
export function namesEndpoint(text: string, { host, port }: Endpoint): boolean {
  const named = parseNamedHost(text);
  return named?.host === host && (named.port === undefined || named.port === port);
}

/** True where a configured host is this endpoint's, whatever port either names. */
export function namesHostOf(text: string, { host }: Endpoint): boolean {
  return parseNamedHost(text)?.host === host;
}

/** True where a configured host names a port, too. */
export function namesPort(text: string): boolean {
  return parseNamedHost(text)?.port !== undefined;
}

function parseNamedHost(text: string): NamedHost | undefined {
  const [, name = '', port] = /^(\[[0-9a-f:.]+\]|[^:/?#@\\[\]\s]+)(?::(\d{1,5}))?$/i.exec(text) ?? [];
  const host = canonicalHost(name);
  if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  return { host, port: port === undefined ? undefined : Number(port) };
}

/**
 * RTSP's URLs keep a host as it is written; those of HTTP have one spelling for each: lower case, 127.1 and 0x7f000001
 * as 127.0.0.1, without a final dot.
 */
function canonicalHost(hostname: string): string | undefined {
  const address = `http://${hostname}/`;
  if (hostname === '' || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.pathname !== '/' || url.username !== '' || url.port !== '') return undefined;
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '') || undefined;
}
