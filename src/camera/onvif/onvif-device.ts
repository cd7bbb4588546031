import { plainText } from './plain-text.js';
import type { SoapAnswer, SoapClient } from './soap-client.js';
import { childrenOf, elementAt, escapeXml, textAt, type XmlElement } from './xml-reader.js';

/** A stream that a camera offers: what of its picture is encoded, and how. */
export interface MediaProfile {
  readonly token: string;
  /** For people, and not always one of its own. */
  readonly name: string;
  /** As the camera writes it: H264, H265, JPEG, MPEG4; null where it does not say. */
  readonly encoding: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Most frames a second that it sends. */
  readonly fps: number | null;
  /** Of the service that offers it. */
  readonly service: MediaService;
}

interface MediaService {
  readonly version: 1 | 2;
  readonly path: string;
}

/** The same on every camera (ONVIF Core Specification). */
const deviceService = {
  path: '/onvif/device_service',
  namespace: 'http://www.onvif.org/ver10/device/wsdl',
} as const;
const schemaNamespace = 'http://www.onvif.org/ver10/schema';
const mediaNamespaces = {
  1: 'http://www.onvif.org/ver10/media/wsdl',
  2: 'http://www.onvif.org/ver20/media/wsdl',
} as const;

const clockFields = [
  ['Date', 'Year'],
  ['Date', 'Month'],
  ['Date', 'Day'],
  ['Time', 'Hour'],
  ['Time', 'Minute'],
  ['Time', 'Second'],
] as const;

/** A camera's Device and Media services. Every call throws AgentError as SoapClient.call(). */
export class OnvifDevice {
  readonly #client: SoapClient;

  constructor(client: SoapClient) {
    this.#client = client;
  }

  /** Every profile that has video, in the camera's order. Throws where there is none. */
  async profiles(): Promise<MediaProfile[]> {
    this.#client.clockOffsetMs = await this.#clockOffset();
    let fault = 'it offers no media service';
    for (const service of await this.#mediaServices()) {
      const answer = await this.#ask(
        service,
        'GetProfiles',
        service.version === 2 ? '<Type>VideoEncoder</Type>' : '',
      );
      const found = childrenOf(elementAt(answer.body, 'GetProfilesResponse'), 'Profiles')
        .map((profile) => toProfile(profile, service))
        .filter((profile) => profile !== undefined);
      if (found.length > 0) return found;
      fault = answer.fault ?? 'none of its profiles has video';
    }
    throw this.#client.failure(fault);
  }

  /** Where the camera says that a profile's stream is; may be any text. */
  async streamAddress({ token, service }: MediaProfile): Promise<string> {
    const content = `${streamSetup[service.version]}<ProfileToken>${escapeXml(token)}</ProfileToken>`;
    const answer = await this.#ask(service, 'GetStreamUri', content);
    const response = elementAt(answer.body, 'GetStreamUriResponse');
    const address = textAt(response, 'MediaUri', 'Uri') ?? textAt(response, 'Uri');
    if (address === undefined)
      throw this.#client.failure(answer.fault ?? 'it names no address of its stream');
    return address;
  }

  #ask({ version, path }: MediaService, operation: string, content: string): Promise<SoapAnswer> {
    return this.#client.call({ path, namespace: mediaNamespaces[version], operation, content });
  }

  /** Cameras' clocks are off by hours, and they refuse tokens that are older than some seconds by them. */
  async #clockOffset(): Promise<number> {
    const { body } = await this.#client.callOpenly({ ...deviceService, operation: 'GetSystemDateAndTime' });
    const time = elementAt(body, 'GetSystemDateAndTimeResponse', 'SystemDateAndTime', 'UTCDateTime');
    const numbers = clockFields.map((path) => Number(textAt(time, ...path) ?? Number.NaN));
    const [year, month, day, hour, minute, second] = numbers as [
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const at = Date.UTC(year, month - 1, day, hour, minute, second);
    // What no clock shows is none; four digits are what a token's time has.
    return at > 0 && year < 10_000 ? at - Date.now() : 0;
  }

  /** Version 1 first: it shows what every client can read. A camera may have one of the two alone. */
  async #mediaServices(): Promise<MediaService[]> {
    const content = '<IncludeCapability>false</IncludeCapability>';
    const answer = await this.#client.call({ ...deviceService, operation: 'GetServices', content });
    const services = childrenOf(elementAt(answer.body, 'GetServicesResponse'), 'Service');
    const found = ([1, 2] as const).flatMap((version) => {
      const service = services.find((one) => textAt(one, 'Namespace') === mediaNamespaces[version]);
      const path = pathOf(textAt(service, 'XAddr'));
      return path === undefined ? [] : [{ version, path }];
    });
    return found.length > 0 ? found : this.#olderMediaService(answer.fault);
  }

  /** Of before there was GetServices. */
  async #olderMediaService(before: string | undefined): Promise<MediaService[]> {
    const content = '<Category>All</Category>';
    const answer = await this.#client.call({ ...deviceService, operation: 'GetCapabilities', content });
    const path = pathOf(textAt(answer.body, 'GetCapabilitiesResponse', 'Capabilities', 'Media', 'XAddr'));
    if (path !== undefined) return [{ version: 1, path }];
    if (before !== undefined) throw this.#client.failure(`it is no ONVIF camera that can be read: ${before}`);
    return [];
  }
}

/** What each version's GetStreamUri is told. */
const streamSetup = {
  1:
    `<StreamSetup><Stream xmlns="${schemaNamespace}">RTP-Unicast</Stream>` +
    `<Transport xmlns="${schemaNamespace}"><Protocol>RTSP</Protocol></Transport></StreamSetup>`,
  2: '<Protocol>RTSP</Protocol>',
} as const;

/**
 * Of a service's address the path alone: the host that was configured is asked, at the port where it answered. A camera
 * behind a router names the address that it has there, and nobody has said that the login may go anywhere else.
 */
function pathOf(address: string | undefined): string | undefined {
  if (address === undefined || !/^https?:\/\//i.test(address) || !URL.canParse(address)) return undefined;
  const { pathname, search } = new URL(address);
  return `${pathname}${search}`;
}

function toProfile(profile: XmlElement, service: MediaService): MediaProfile | undefined {
  const { token } = profile.attributes;
  const encoder =
    elementAt(profile, 'VideoEncoderConfiguration') ?? elementAt(profile, 'Configurations', 'VideoEncoder');
  if (encoder === undefined || typeof token !== 'string' || token === '') return undefined;
  const encoding = textAt(encoder, 'Encoding');
  const limit = numberAt(encoder, 'RateControl', 'FrameRateLimit');
  const interval = numberAt(encoder, 'RateControl', 'EncodingInterval') ?? 1;
  return {
    token: wellFormed(token),
    name: wellFormed(textAt(profile, 'Name') ?? token),
    encoding: encoding === undefined ? null : plainText(encoding),
    width: numberAt(encoder, 'Resolution', 'Width'),
    height: numberAt(encoder, 'Resolution', 'Height'),
    fps: limit === null ? null : limit / interval,
    service,
  };
}

/** Above 0 and no larger than anything that is meant; null for all else. */
function numberAt(from: XmlElement, ...path: string[]): number | null {
  const value = Number(textAt(from, ...path) ?? Number.NaN);
  return value > 0 && value <= 65_535 ? value : null;
}

/** Half characters, which references can make, stand in no address. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
