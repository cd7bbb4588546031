import { AgentError } from '../../errors.js';
import { endpointOf, endpointText } from '../../network/endpoint.js';
import { localPolicy, type SourcePolicy } from '../../network/source-policy.js';
import type { PreparedCamera } from '../capture-source.js';
import type { WantedSize } from '../jetson-pipelines.js';
import { prepareNetworkCamera } from '../network-camera.js';
import { describeSource } from '../parse-source.js';
import type { WantedTransport } from '../rtsp-transport.js';
import { chooseProfile, usualPicture, type WantedPicture } from './choose-profile.js';
import { type MediaProfile, OnvifDevice } from './onvif-device.js';
import { percentDecoded } from './percent-decoded.js';
import { plainText } from './plain-text.js';
import { SoapClient, type SoapLimits } from './soap-client.js';
import type { Login } from './username-token.js';

export interface OnvifCamera {
  /** onvif://host[:port]/ and what may follow, with the login where there is one. */
  readonly url: string;
  /** Name or token of the profile that is wanted; the one that fits best where left out. */
  readonly profile: string | undefined;
  /** What the picture is for; usualPicture where left out. */
  readonly wanted?: Partial<WantedPicture> | undefined;
  /** What it may connect to; localPolicy by default. */
  readonly policy?: SourcePolicy | undefined;
  /** By which its stream may come; auto by default. */
  readonly transport?: WantedTransport | undefined;
  /** A Jetson's hardware decodes it, and scales to this size. */
  readonly jetson?: WantedSize | undefined;
  /** For tests. */
  readonly limits?: SoapLimits;
}

/**
 * Asks an ONVIF camera which streams it has, takes the one that fits, and makes a guarded way to that. Services and
 * stream are at the host that was configured, whatever host the answers name.
 * Throws AgentError CAMERA_OPEN_FAILED, and as prepareNetworkCamera().
 */
export async function prepareOnvifCamera(camera: OnvifCamera, signal: AbortSignal): Promise<PreparedCamera> {
  const { url, policy = localPolicy, transport, jetson, limits } = camera;
  const description = describeSource({ kind: 'onvif', url });
  const endpoint = endpointOf(url);
  if (endpoint === undefined) {
    throw new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: its host is none`);
  }
  const login = loginOf(new URL(url));
  const client = new SoapClient({ endpoint, login, policy, description, signal, ...limits });
  const stream = await streamUrl(camera, client);
  // The author of a remote document is not told which port the camera named, or who answers there.
  const told = <Failure>(failure: Failure): Failure | AgentError =>
    policy.remote && failure instanceof AgentError && failure.code === 'CAMERA_OPEN_FAILED'
      ? client.failure('', 'its stream gives no answer')
      : failure;
  try {
    const prepared = await prepareNetworkCamera(
      { kind: 'rtsp', url: stream, policy, transport, jetson, description },
      signal,
    );
    return { ...prepared, failure: async () => told(await prepared.failure?.()) };
  } catch (error) {
    throw told(error);
  }
}

async function streamUrl(camera: OnvifCamera, client: SoapClient): Promise<string> {
  const device = new OnvifDevice(client);
  const profile = pick(await device.profiles(), camera, client);
  const url = atConfiguredHost(await device.streamAddress(profile), camera.url);
  if (url !== undefined) return url;
  throw client.failure('the address that it names for its stream is none of RTSP');
}

function pick(profiles: readonly MediaProfile[], camera: OnvifCamera, client: SoapClient): MediaProfile {
  const { profile: name, wanted } = camera;
  const found =
    name === undefined
      ? chooseProfile(profiles, { ...usualPicture, ...wanted })
      : (profiles.find((profile) => profile.name === name) ?? profiles.find(({ token }) => token === name));
  if (found !== undefined) return found;
  const names = plainText(profiles.map((profile) => profile.name).join(', '));
  throw client.failure(`it has no profile of that name; it has ${names}`, 'it has no profile of that name');
}

/** Longer ones no camera has. */
const maxPathLength = 2048;

/** The stream's address with the host and the login of the camera's own; undefined where it is no address of RTSP. */
function atConfiguredHost(address: string, camera: string): string | undefined {
  const stream = endpointOf(address);
  const host = endpointOf(camera)?.host;
  const scheme = /^rtsps?(?=:\/\/)/i.exec(address)?.[0];
  // As it is written: cameras' paths are a matter of taste.
  const path = address.replace(/^[^:]*:\/\/[^/?#]*/, '');
  if (stream === undefined || host === undefined || scheme === undefined) return undefined;
  if (path.length > maxPathLength || !/^[\x21-\x7e]*$/.test(path)) return undefined;
  const { username, password } = new URL(camera);
  const login = username + password === '' ? '' : `${username}:${password}@`;
  return `${scheme.toLowerCase()}://${login}${endpointText({ ...stream, host })}${path}`;
}

function loginOf({ username, password }: URL): Login | undefined {
  if (username + password === '') return undefined;
  return { username: percentDecoded(username), password: percentDecoded(password) };
}
