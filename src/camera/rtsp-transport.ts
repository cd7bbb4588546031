import { isIPv4 } from 'node:net';
import type { Endpoint } from '../network/endpoint.js';
import { isBarred, type SourcePolicy } from '../network/source-policy.js';

/** How the media of an RTSP camera come, in FFmpeg's words. */
export type RtspTransport = 'tcp' | 'udp' | 'udp_multicast';

/** As `cameras[].transport` says it. */
export type WantedTransport = 'auto' | 'tcp' | 'udp';

/**
 * What a camera is asked for, in this order, as long as it refuses. Behind TLS TCP alone: by UDP pictures would come in
 * clear. A camera of a remote document may not name a multicast group: it could be the one of another camera.
 */
export function rtspTransports(
  wanted: WantedTransport,
  { tls, remote }: { tls: boolean; remote: boolean },
): readonly RtspTransport[] {
  if (tls) return ['tcp'];
  const all: readonly RtspTransport[] = remote ? ['tcp', 'udp'] : ['tcp', 'udp', 'udp_multicast'];
  return all.filter((transport) => wanted === 'auto' || (transport === 'tcp') === (wanted === 'tcp'));
}

/** What a camera was asked for, and where it is. */
export interface AskedTransport {
  readonly transports: readonly RtspTransport[];
  readonly endpoint: Endpoint;
  readonly policy: SourcePolicy;
  /** That of the connection over which it answers. */
  readonly address: string;
}

export type JudgedTransport = { readonly transport: string } | { readonly refusal: string };

/**
 * A camera's `Transport` (RFC 2326, 12.39) as FFmpeg is told it: FFmpeg sends reports to the address that stands there, and
 * listens to it alone. So it is written anew, from what was looked at: by UDP media come from the camera's own address,
 * and from a port that may be reached; or from a multicast group.
 */
export function judgeTransport(answer: string, asked: AskedTransport): JudgedTransport {
  if (answer.includes(',')) return { refusal: 'several transports at once' };
  const [protocol = '', ...rest] = answer.split(';').map((part) => part.trim());
  const parameters = new Map(rest.map((part) => splitAt(part, '=')));
  const transport = transportOf(protocol, parameters);
  if (transport === undefined || !asked.transports.includes(transport)) {
    return { refusal: 'a transport that was not asked for' };
  }
  switch (transport) {
    case 'tcp':
      return { transport: answer };
    case 'udp':
      return unicast(parameters, asked);
    case 'udp_multicast':
      return multicast(parameters);
  }
}

type Parameters = ReadonlyMap<string, string>;

function transportOf(protocol: string, parameters: Parameters): RtspTransport | undefined {
  if (/^rtp\/avp\/tcp$/i.test(protocol)) return 'tcp';
  if (!/^rtp\/avp(\/udp)?$/i.test(protocol)) return undefined;
  return parameters.has('multicast') ? 'udp_multicast' : 'udp';
}

function unicast(parameters: Parameters, { endpoint, policy, address }: AskedTransport): JudgedTransport {
  // FFmpeg's sockets are of the family of the relay.
  if (!isIPv4(address))
    return { refusal: 'UDP over IPv6, which the guard does not pass on: set transport: tcp' };
  const port = firstPort(parameters.get('server_port'));
  if (port === undefined) return { refusal: 'no port that UDP could come from' };
  const barred = [port, port + 1].some((each) => isBarred(policy, { ...endpoint, port: each }, address));
  if (barred) return { refusal: 'a port that is not allowed to a camera of a remote document' };
  return { transport: `RTP/AVP;unicast;source=${address};server_port=${port}-${port + 1}` };
}

function multicast(parameters: Parameters): JudgedTransport {
  const group = parameters.get('destination') ?? '';
  const port = firstPort(parameters.get('port'));
  if (!isGroup(group) || port === undefined) return { refusal: 'no multicast group and port' };
  // Reports on what came stay in this network.
  return { transport: `RTP/AVP;multicast;destination=${group};port=${port}-${port + 1};ttl=1` };
}

/** A multicast group that hosts may choose: those of 224.0.0.0/24 are the network's own. */
function isGroup(address: string): boolean {
  if (!isIPv4(address)) return false;
  const [a = 0, b, c] = address.split('.').map(Number);
  return a >= 224 && a <= 239 && !(a === 224 && b === 0 && c === 0);
}

/** Of a pair, media and reports, whose second is the next one; undefined where it is none that a server chooses. */
function firstPort(range = ''): number | undefined {
  const port = Number(/^(\d{4,5})(?:-\d{1,5})?$/.exec(range)?.[1]);
  return port >= 1024 && port < 65_535 ? port : undefined;
}

function splitAt(text: string, sign: string): [name: string, value: string] {
  const at = text.indexOf(sign);
  return at < 0 ? [text.toLowerCase(), ''] : [text.slice(0, at).toLowerCase(), text.slice(at + 1)];
}
