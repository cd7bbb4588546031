/** A camera that speaks ONVIF over HTTP. It reads requests strictly, as their WSDLs have them, and checks every login. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  capabilities,
  dateAndTime,
  fault,
  find,
  namespaces,
  profiles1,
  profiles2,
  readSoap,
  type SimulatedProfile,
  type SoapElement,
  services,
  streamUri1,
  streamUri2,
  videoSources,
} from './onvif-messages.js';

export interface OnvifCameraOptions {
  readonly profiles: readonly SimulatedProfile[];
  /** Of its RTSP server. */
  readonly streamPort: number;
  readonly login?: { readonly username: string; readonly password: string };
  /** `token`: by WS-Security; `digest`: by HTTP Digest alone. */
  readonly authentication?: 'token' | 'digest';
  /** What its clock is ahead. */
  readonly clockOffsetMs?: number;
  /** `capabilities`: it knows no GetServices, as cameras of before 2012. */
  readonly media?: 'version 1' | 'version 2' | 'both' | 'capabilities';
  /** The host by which it knows itself: behind a router another than its clients use. */
  readonly ownHost?: string;
}

export interface OnvifCamera {
  readonly port: number;
  /** `operation proof`, of every request that was well-formed. */
  readonly requests: string[];
  stop(): void;
}

const devicePath = '/onvif/device_service';
const mediaPaths = { '/onvif/Media': 'media1', '/onvif/media2_service': 'media2' } as const;
/** Those that tell who one is talking to are for everybody (ONVIF Core, access class PRE_AUTH). */
const open = new Set(['GetSystemDateAndTime', 'GetServices', 'GetCapabilities']);
/** A token that is older is refused. */
const maxAgeMs = 10_000;

type Proof = 'none' | 'token' | 'digest' | 'wrong';

class Camera {
  readonly requests: string[] = [];
  readonly #options: OnvifCameraOptions;
  readonly #nonces = new Set<string>();
  readonly #digestNonce = randomBytes(8).toString('hex');
  #count = 0;
  port = 0;

  constructor(options: OnvifCameraOptions) {
    this.#options = options;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, body: string): void => {
      const head = {
        'content-type': 'application/soap+xml; charset=utf-8',
        'content-length': Buffer.byteLength(body),
      };
      response.writeHead(status, head).end(body);
    };
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const path = request.url ?? '';
    if (request.method !== 'POST' || !(path === devicePath || path in mediaPaths)) return say(404, '');
    if (!/^application\/soap\+xml\b/.test(request.headers['content-type'] ?? '')) return say(415, '');
    let asked: SoapElement | undefined;
    let header: SoapElement | undefined;
    try {
      const envelope = readSoap(text);
      if (envelope.name !== `{${namespaces.soap}}Envelope`) throw new Error(`it is ${envelope.name}`);
      header = find(envelope, `{${namespaces.soap}}Header`);
      asked = find(envelope, `{${namespaces.soap}}Body`)?.children[0];
    } catch (error) {
      return say(400, fault('WellFormed', String(error)));
    }
    const [, namespace, operation = ''] = /^\{(.*)\}(.*)$/.exec(asked?.name ?? '') ?? [];
    const service = path === devicePath ? 'device' : mediaPaths[path as keyof typeof mediaPaths];
    if (asked === undefined || namespace !== namespaces[service]) {
      return say(400, fault('ActionNotSupported', `${asked?.name} is not of ${path}`));
    }
    const proof = this.#proof(request, header);
    this.requests.push(`${operation} ${proof}`);
    const { login, authentication = 'token' } = this.#options;
    const isProven =
      login === undefined || proof === authentication || (proof === 'none' && open.has(operation));
    if (!isProven && authentication === 'digest') {
      const challenge = `Digest realm="IP Camera", qop="auth", nonce="${this.#digestNonce}"`;
      response.writeHead(401, { 'www-authenticate': [challenge, `${challenge}, algorithm="SHA-256"`] }).end();
      return;
    }
    if (!isProven) return say(400, fault('NotAuthorized', 'The action requested requires authorization'));
    const answer = this.#obey(service, operation, asked);
    say(answer === undefined ? 500 : 200, answer ?? fault('ActionNotSupported', `no ${operation} here`));
  }

  #obey(service: 'device' | 'media1' | 'media2', operation: string, asked: SoapElement): string | undefined {
    const { media = 'version 1', profiles, ownHost = '127.0.0.1' } = this.#options;
    const address = (path: string): string => `http://${ownHost}:${this.port}${path}`;
    const known = Object.entries(mediaPaths)
      .filter(([, version]) => media === 'both' || (version === 'media2') === (media === 'version 2'))
      .map(([path, version]) => ({ namespace: namespaces[version] as string, address: address(path) }));
    if (service !== 'device' && !known.some(({ namespace }) => namespace === namespaces[service]))
      return undefined;
    switch (`${service} ${operation}`) {
      case 'device GetSystemDateAndTime':
        return dateAndTime(new Date(this.#now()));
      case 'device GetServices':
        if (media === 'capabilities') return undefined;
        return services([{ namespace: namespaces.device, address: address(devicePath) }, ...known]);
      case 'device GetCapabilities':
        return capabilities(address(devicePath), known[0]?.address ?? '');
      case 'media1 GetProfiles':
        return profiles1(profiles);
      case 'media2 GetProfiles':
        return profiles2(profiles);
      case 'media1 GetVideoSources':
        return videoSources();
      case 'media1 GetStreamUri':
      case 'media2 GetStreamUri':
        return this.#streamUri(service === 'media1' ? 'media1' : 'media2', asked);
      default:
        return undefined;
    }
  }

  #streamUri(version: 'media1' | 'media2', asked: SoapElement): string {
    const { profiles, streamPort, ownHost = '127.0.0.1' } = this.#options;
    const named = (name: string, namespace: string = namespaces[version]): string => `{${namespace}}${name}`;
    const inSchema = (name: string): string => named(name, namespaces.schema);
    const setup = find(asked, named('StreamSetup'));
    const protocol =
      version === 'media2'
        ? find(asked, named('Protocol'))
        : find(setup, inSchema('Transport'), inSchema('Protocol'));
    const stream = version === 'media2' ? 'RTP-Unicast' : find(setup, inSchema('Stream'))?.text;
    const token = find(asked, named('ProfileToken'))?.text;
    const profile = profiles.find((one) => one.token === token);
    if (profile === undefined) return fault('NoProfile', 'The requested profile token does not exist');
    if (protocol?.text !== 'RTSP' || stream !== 'RTP-Unicast')
      return fault('InvalidStreamSetup', 'Not supported');
    const address = `rtsp://${ownHost}:${streamPort}${profile.path}`;
    return version === 'media1' ? streamUri1(address) : streamUri2(address);
  }

  #now(): number {
    return Date.now() + (this.#options.clockOffsetMs ?? 0);
  }

  #proof({ headers, method, url }: IncomingMessage, header: SoapElement | undefined): Proof {
    const { authorization } = headers;
    if (authorization !== undefined) {
      return this.#isDigest(authorization, method ?? '', url ?? '') ? 'digest' : 'wrong';
    }
    const token = find(header, `{${namespaces.security}}Security`, `{${namespaces.security}}UsernameToken`);
    if (token === undefined) return 'none';
    return this.#isToken(token) ? 'token' : 'wrong';
  }

  /** WS-Security UsernameToken Profile 1.0: Base64(SHA-1(nonce + created + password)), each nonce once, and fresh. */
  #isToken(token: SoapElement): boolean {
    const { login } = this.#options;
    const text = (name: string, namespace: string = namespaces.security): string =>
      find(token, `{${namespace}}${name}`)?.text ?? '';
    const password = find(token, `{${namespaces.security}}Password`);
    const nonce = text('Nonce');
    const created = text('Created', namespaces.utility);
    const age = this.#now() - Date.parse(created);
    if (!password?.attributes.Type?.endsWith('username-token-profile-1.0#PasswordDigest')) return false;
    if (!(Math.abs(age) <= maxAgeMs) || nonce === '' || this.#nonces.has(nonce)) return false;
    this.#nonces.add(nonce);
    const expected = createHash('sha1')
      .update(
        Buffer.concat([
          Buffer.from(nonce, 'base64'),
          Buffer.from(created),
          Buffer.from(login?.password ?? ''),
        ]),
      )
      .digest('base64');
    return text('Username') === login?.username && password.text === expected;
  }

  /** RFC 7616, with a count that has to grow. */
  #isDigest(authorization: string, method: string, url: string): boolean {
    const { login } = this.#options;
    const field = (name: string): string =>
      new RegExp(`[ ,]${name}=(?:"([^"]*)"|([^, ]*))`).exec(authorization)?.slice(1).join('') ?? '';
    const algorithm = field('algorithm') === 'SHA-256' ? 'sha256' : 'md5';
    const hash = (...parts: string[]): string => createHash(algorithm).update(parts.join(':')).digest('hex');
    const count = Number.parseInt(field('nc'), 16);
    if (field('nonce') !== this.#digestNonce || field('uri') !== url || !(count > this.#count)) return false;
    this.#count = count;
    const secret = hash(login?.username ?? '', 'IP Camera', login?.password ?? '');
    const middle = ['nonce', 'nc', 'cnonce', 'qop'].map(field);
    return field('response') === hash(secret, ...middle, hash(method, url));
  }
}

/** On 127.0.0.1, at a free port. */
export async function startOnvifCamera(options: OnvifCameraOptions): Promise<OnvifCamera> {
  const camera = new Camera(options);
  const server = createServer((request, response) => {
    camera.answer(request, response).catch(() => response.destroy());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  camera.port = (server.address() as AddressInfo).port;
  return {
    port: camera.port,
    requests: camera.requests,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
