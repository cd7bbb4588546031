import { percentDecoded } from './percent-decoded.js';
import { plainText } from './plain-text.js';
import { childrenOf, elementAt, readXml, textAt, type XmlElement } from './xml-reader.js';

/** A camera that answered. */
export interface DiscoveredCamera {
  /** From which it answered, whatever it says of itself. */
  readonly address: string;
  /** Of its ONVIF services. */
  readonly port: number;
  /** As people called it, or its maker. */
  readonly name: string | null;
  readonly hardware: string | null;
  /** For the configuration. */
  readonly source: string;
}

const addressing = 'http://schemas.xmlsoap.org/ws/2004/08/addressing';
const discovery = 'http://schemas.xmlsoap.org/ws/2005/04/discovery';
const namespaces = {
  NetworkVideoTransmitter: 'http://www.onvif.org/ver10/network/wsdl',
  Device: 'http://www.onvif.org/ver10/device/wsdl',
} as const;

/** A question for all devices of one type, as WS-Discovery writes it. `id` comes back in the answers. */
export function probeMessage(type: keyof typeof namespaces, id: string): { id: string; message: Buffer } {
  const message = Buffer.from(
    '<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" ' +
      `xmlns:a="${addressing}" xmlns:d="${discovery}" xmlns:t="${namespaces[type]}"><s:Header>` +
      `<a:MessageID>${id}</a:MessageID><a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>` +
      `<a:Action s:mustUnderstand="1">${discovery}/Probe</a:Action></s:Header>` +
      `<s:Body><d:Probe><d:Types>t:${type}</d:Types></d:Probe></s:Body></s:Envelope>`,
  );
  return { id, message };
}

/** The cameras in an answer that came from `address`; none where it is no answer to one of the questions `asked`. */
export function readMatches(
  message: Buffer,
  asked: ReadonlySet<string>,
  address: string,
): DiscoveredCamera[] {
  let envelope: XmlElement;
  try {
    envelope = readXml(message);
  } catch {
    return [];
  }
  if (!asked.has(textAt(envelope, 'Header', 'RelatesTo') ?? '')) return [];
  const matches = childrenOf(elementAt(envelope, 'Body', 'ProbeMatches'), 'ProbeMatch');
  return matches.flatMap((match) => toCamera(match, address));
}

const scopePrefix = 'onvif://www.onvif.org/';

function toCamera(match: XmlElement, address: string): DiscoveredCamera[] {
  const types = wordsAt(match, 'Types').map((type) => type.slice(type.indexOf(':') + 1));
  const scopes = wordsAt(match, 'Scopes').filter((scope) => scope.toLowerCase().startsWith(scopePrefix));
  // Others that speak WS-Discovery, like printers, call themselves a Device, too.
  if (!types.includes('NetworkVideoTransmitter') && scopes.length === 0) return [];
  const scope = (name: string): string | null => {
    const prefix = `${scopePrefix}${name}/`;
    const found = scopes.find((one) => one.toLowerCase().startsWith(prefix));
    return (found && plainText(percentDecoded(found.slice(prefix.length)))) || null;
  };
  const port = portOf(wordsAt(match, 'XAddrs'), address);
  const source = `onvif://${address}${port === 80 ? '' : `:${port}`}/`;
  return [{ address, port, name: scope('name'), hardware: scope('hardware'), source }];
}

function wordsAt(match: XmlElement, name: string): string[] {
  return textAt(match, name)?.split(/\s+/) ?? [];
}

/** Of the address that it answered from, else of the first that it names: behind a router it may not know its own. */
function portOf(texts: readonly string[], address: string): number {
  const urls = texts
    .filter((text) => /^http:\/\//i.test(text) && URL.canParse(text))
    .map((text) => new URL(text));
  const url = urls.find(({ hostname }) => hostname === address) ?? urls[0];
  return Number(url?.port || 80);
}
