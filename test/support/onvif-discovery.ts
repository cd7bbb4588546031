/** The part of an ONVIF camera that answers WS-Discovery over UDP multicast. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { envelope, find, namespaces, readSoap } from './onvif-messages.js';

export interface DiscoveryOptions {
  /** Of the interface on which it answers. */
  readonly address: string;
  /** Where its services are, as it knows them, separated by spaces. */
  readonly services: string;
  readonly scopes: readonly string[];
  /** As `dn:NetworkVideoTransmitter`; it answers questions for these alone. */
  readonly types?: readonly ('NetworkVideoTransmitter' | 'Device')[];
  /** What it says instead of a match; it may depend on the message's id. */
  readonly answer?: (id: string) => Buffer[];
}

export interface DiscoveryResponder {
  /** Questions that came. */
  readonly probes: string[];
  stop(): void;
}

export async function startDiscovery(options: DiscoveryOptions): Promise<DiscoveryResponder> {
  const probes: string[] = [];
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.on('message', (message, { address, port }) => {
    const id = probedId(String(message), options);
    if (id === undefined) return;
    probes.push(id);
    const answers = options.answer?.(id) ?? [match(id, options)];
    for (const answer of answers) socket.send(answer, port, address);
  });
  socket.bind(3702);
  await once(socket, 'listening');
  socket.addMembership('239.255.255.250', options.address);
  return { probes, stop: () => socket.close() };
}

/** The id of a question that is for this device. */
function probedId(
  message: string,
  { types = ['NetworkVideoTransmitter'] }: DiscoveryOptions,
): string | undefined {
  const { soap, addressing, discovery, network, device } = namespaces;
  const root = readSoap(message);
  const action = find(root, `{${soap}}Header`, `{${addressing}}Action`);
  const to = find(root, `{${soap}}Header`, `{${addressing}}To`);
  const wanted = find(root, `{${soap}}Body`, `{${discovery}}Probe`, `{${discovery}}Types`);
  if (root.name !== `{${soap}}Envelope` || action?.text !== `${discovery}/Probe`) return undefined;
  if (to?.text !== 'urn:schemas-xmlsoap-org:ws:2005:04:discovery' || wanted === undefined) return undefined;
  const own = types.map((type) => `${type === 'Device' ? device : network} ${type}`);
  const isFor = wanted.text.split(/\s+/).every((word) => {
    const [prefix = '', name] = word.split(':');
    return own.includes(`${wanted.prefixes[prefix]} ${name}`);
  });
  return isFor ? find(root, `{${soap}}Header`, `{${addressing}}MessageID`)?.text : undefined;
}

/** What a camera answers that has such types, scopes and services. */
export function match(
  id: string,
  { services, scopes, types = ['NetworkVideoTransmitter'] }: DiscoveryOptions,
): Buffer {
  const { addressing, discovery, network, device } = namespaces;
  const header =
    `<wsa:MessageID xmlns:wsa="${addressing}">urn:uuid:ac8c8e40-0000-1000-8000-c42f90000001</wsa:MessageID>` +
    `<wsa:RelatesTo xmlns:wsa="${addressing}">${id}</wsa:RelatesTo>` +
    `<wsa:To xmlns:wsa="${addressing}">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:To>` +
    `<wsa:Action xmlns:wsa="${addressing}">${discovery}/ProbeMatches</wsa:Action>`;
  const names = types.map((type) => (type === 'Device' ? 'tds:Device' : 'dn:NetworkVideoTransmitter'));
  const body =
    `<d:ProbeMatches xmlns:d="${discovery}" xmlns:dn="${network}" xmlns:tds="${device}"><d:ProbeMatch>` +
    `<wsa:EndpointReference xmlns:wsa="${addressing}"><wsa:Address>urn:uuid:ac8c8e40-0000-1000-8000-c42f90000000</wsa:Address>` +
    `</wsa:EndpointReference><d:Types>${names.join(' ')}</d:Types><d:Scopes>${scopes.join(' ')}</d:Scopes>` +
    `<d:XAddrs>${services}</d:XAddrs><d:MetadataVersion>10</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches>`;
  return Buffer.from(envelope(body, header));
}
