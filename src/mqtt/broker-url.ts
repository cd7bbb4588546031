import { AgentError } from '../errors.js';

/** Where a broker is, taken from its URL. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const defaultPorts: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/**
 * Reads `mqtt://[user:password@]host[:port]` or `mqtts://…` (TLS). User and password are percent-decoded.
 * Throws AgentError MQTT_URL_INVALID, whose message never repeats the URL: it may hold a password.
 */
export function parseBrokerUrl(text: string): BrokerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid('a URL', 'text that is none');
  const defaultPort = defaultPorts[url.protocol];
  if (defaultPort === undefined) throw invalid('the scheme mqtt or mqtts', url.protocol.slice(0, -1));
  if (url.hostname === '') throw invalid('a host', 'none');
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw invalid('nothing after the port', 'a path, query or fragment');
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort : Number(url.port),
    secure: url.protocol === 'mqtts:',
    username: decoded(url.username),
    password: decoded(url.password),
  };
}

function decoded(part: string): string | undefined {
  if (part === '') return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('user and password percent-encoded', 'a % that begins no code');
  }
}

function invalid(expected: string, found: string): AgentError {
  return new AgentError('MQTT_URL_INVALID', `MQTT URL: expected ${expected}, found ${found}`);
}
