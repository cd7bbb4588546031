import { AgentError } from '../errors.js';
import { endpointOf } from '../network/endpoint.js';
import { localPolicy, type SourcePolicy } from '../network/source-policy.js';
import { parseSrtAddress } from '../network/srt-address.js';
import type { PreparedCamera } from './capture-source.js';
import { judgedAddress } from './connect-camera.js';
import { guardedWay } from './guarded-way.js';
import { rtspPipeline, type WantedSize } from './jetson-pipelines.js';
import { describeSource } from './parse-source.js';
import type { PassageKind } from './passage.js';
import { pipelineCamera } from './pipeline-camera.js';
import { type RtspTransport, rtspTransports, type WantedTransport } from './rtsp-transport.js';

export interface NetworkCamera {
  readonly kind: PassageKind | 'srt';
  readonly url: string;
  /** What it may connect to; localPolicy by default. */
  readonly policy?: SourcePolicy | undefined;
  /** For messages, where the address that is read is not the one that was configured. */
  readonly description?: string;
  /** By which an RTSP camera may send; auto by default. */
  readonly transport?: WantedTransport | undefined;
  /** A Jetson's hardware decodes it, and scales to this size. */
  readonly jetson?: WantedSize | undefined;
}

/** For connecting, before anything is asked. */
const connectTimeoutMs = 4000;

const jetsonRemedy =
  'have the camera send a key frame (I-frame) every 2 s or more often, or set decoder: software';

/**
 * Of what comes over HTTP: streams, recordings, playlists, and what a playlist's segments hold. FFmpeg has others that open
 * further addresses past the proxy: lists of files, and pictures that are numbered, which it finds by the name alone.
 */
const httpFormats =
  'hls,dash,mpegts,mpeg,mov,matroska,flv,avi,asf,ogg,mjpeg,mpjpeg,h264,hevc,m4v,aac,ac3,eac3,mp3,webvtt';
/** MS-RTSP carries asf. */
const rtspFormats = 'rtsp,asf';

/** What FFmpeg says of a camera that sends over TCP to nobody. */
const refusesTcp = /refuses RTSP over TCP \(461\)$/;

/** Makes a guarded way to the camera. Throws AgentError as guardedWay() does. */
export async function prepareNetworkCamera(
  camera: NetworkCamera,
  signal: AbortSignal,
): Promise<PreparedCamera> {
  const { kind, url, transport = 'auto', policy = localPolicy, jetson } = camera;
  const { description = describeSource({ kind, url }) } = camera;
  const options = { url, policy, signal, description, timeoutMs: connectTimeoutMs };
  if (kind === 'srt') return srtCamera(options);
  const tls = endpointOf(url)?.tls === true;
  const transports =
    kind === 'rtsp' ? rtspTransports(jetson ? 'tcp' : transport, { tls, remote: policy.remote }) : undefined;
  const { target, passage } = await guardedWay({ ...options, kind, transports });
  const guard = {
    failure: async () => passage?.failure(),
    end: () => passage?.end(),
    close: () => passage?.close(),
  };
  if (jetson !== undefined) {
    const prepared = pipelineCamera(rtspPipeline(target, jetson), jetsonRemedy);
    // GStreamer's words may be the camera's own.
    const explain = (reason: string, words: string): string =>
      prepared.explain?.(reason, policy.remote ? '' : words) ?? reason;
    return { ...prepared, ...guard, explain };
  }
  if (kind === 'http') {
    const proxy = passage === undefined ? '' : `http://127.0.0.1:${passage.port}`;
    const way = { protocols: 'crypto,data,http,tcp', http_proxy: proxy, formats: httpFormats };
    return { spec: ffmpeg(target, way), ...guard };
  }
  if (kind === 'rtmp') return { spec: ffmpeg(target, { protocols: 'rtmp,tcp', formats: 'flv' }), ...guard };
  if (passage !== undefined) return { spec: rtsp(target, transports), ...guard };
  // Read directly, and so over TCP alone: where media come by UDP the camera names addresses, which are to be judged.
  const explain = (reason: string): string =>
    refusesTcp.test(reason) ? `${reason}: set transport: auto or udp` : reason;
  return transport === 'auto'
    ? { spec: rtsp(target, ['tcp']), instead: (reason) => byUdp(camera, reason, signal) }
    : { spec: rtsp(target, ['tcp']), explain };
}

function byUdp(
  camera: NetworkCamera,
  reason: string,
  signal: AbortSignal,
): Promise<PreparedCamera> | undefined {
  if (!refusesTcp.test(reason)) return undefined;
  return prepareNetworkCamera({ ...camera, transport: 'udp' }, signal);
}

/** Protocols: none by which FFmpeg would go past the guard. TLS, for one, whose certificates it does not verify. */
function ffmpeg(url: string, more: Readonly<Record<string, string>>): PreparedCamera['spec'] {
  return { ...more, body: 'ffmpeg', url };
}

function rtsp(url: string, transports: readonly RtspTransport[] = ['tcp']): PreparedCamera['spec'] {
  const protocols = transports.some((transport) => transport !== 'tcp') ? 'rtp,tcp,udp' : 'tcp';
  return ffmpeg(url, { protocols, formats: rtspFormats, transport: transports.join('+') });
}

interface SrtOptions {
  readonly url: string;
  readonly policy: SourcePolicy;
  readonly description: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** SRT goes by UDP, which nobody of ours relays: FFmpeg is told the address that was judged. */
async function srtCamera({ url, ...options }: SrtOptions): Promise<PreparedCamera> {
  const endpoint = endpointOf(url);
  if (endpoint === undefined) {
    throw new AgentError('CAMERA_OPEN_FAILED', `${options.description} cannot be opened: its host is none`);
  }
  const address = await judgedAddress({ ...options, endpoint });
  const host = address.includes(':') ? `[${address}]` : address;
  const { passphrase = '', streamid = '', pbkeylen = '' } = parseSrtAddress(url) ?? {};
  return {
    spec: ffmpeg(`srt://${host}:${endpoint.port}`, {
      protocols: 'srt',
      formats: 'mpegts',
      srt_passphrase: passphrase,
      srt_streamid: streamid,
      srt_pbkeylen: pbkeylen,
    }),
  };
}
