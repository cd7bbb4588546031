import { statSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AgentError } from '../errors.js';
import { filePath } from '../file-url.js';
import { endpointOf } from '../network/endpoint.js';
import { parseOnvifAddress } from '../network/onvif-address.js';
import { parseSrtAddress } from '../network/srt-address.js';
import { type CsiSensor, newestPicture } from './jetson-pipelines.js';
import { redactSource } from './redact-source.js';

/** Where frames are to come from, as the user wrote it. With `jetson` a Jetson's hardware decodes it, else FFmpeg. */
export type SourceSpec =
  | { readonly kind: 'sample'; readonly path: string }
  | { readonly kind: 'path'; readonly path: string; readonly jetson?: boolean }
  | { readonly kind: 'v4l2'; readonly device: string }
  | ({ readonly kind: 'csi' } & CsiSensor)
  | { readonly kind: 'gstreamer'; readonly pipeline: string }
  | { readonly kind: 'rtsp'; readonly url: string; readonly jetson?: boolean }
  | { readonly kind: 'http' | 'rtmp' | 'srt'; readonly url: string }
  | OnvifSpec;

/** A camera that is asked by ONVIF which RTSP streams it has; without `profile` the one that fits best is read. */
export interface OnvifSpec {
  readonly kind: 'onvif';
  readonly url: string;
  readonly profile?: string | undefined;
  readonly jetson?: boolean;
}

export const pictureExtensions: ReadonlySet<string> = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.webp']);

/** Of a text that names a source, with the login that was put into it. */
const maxLength = 32_768;

/**
 * Reads the text that names a source; touches no device and no file. The forms are listed with the error code; before
 * rtsp://, onvif:// and file:// `jetson+` names the decoder, as the configuration's `decoder` does.
 * Throws AgentError CAMERA_SOURCE_INVALID.
 */
export function parseSource(source: string): SourceSpec {
  const text = source.trim();
  if (text === '') throw invalid('the source is empty');
  if (text.length > maxLength) {
    throw invalid(`the source has ${text.length} characters, at most ${maxLength} are taken`);
  }
  if (text.includes('\0')) throw invalid('the source contains a NUL character');
  if (/^jetson\+(rtsps?|onvif|file):\/\//i.test(text)) {
    const spec = parseSource(text.slice('jetson+'.length));
    if (spec.kind === 'rtsp' || spec.kind === 'onvif' || spec.kind === 'path')
      return { ...spec, jetson: true };
  }
  if (text === 'sample:') return { kind: 'sample', path: samplePath() };
  if (/^\d{1,3}$/.test(text)) return { kind: 'v4l2', device: `/dev/video${Number(text)}` };
  if (/^\/dev\/(video\d+|v4l\/.+)$/.test(text)) return { kind: 'v4l2', device: text };
  if (text.startsWith('csi:')) return parseCsi(text);
  if (text.startsWith('gst:')) return parseGstreamer(text);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const name = /^(rtsps?|https?|rtmps?|srt|onvif|file):/i.exec(text)?.[1];
    if (name !== undefined) throw invalid(`a URL begins with ${name}://, found ${redactSource(text)}`);
    return { kind: 'path', path: resolve(text) };
  }
  return parseUrl(text, scheme);
}

/** For people: what the source is, without credentials. */
export function describeSource(spec: SourceSpec): string {
  switch (spec.kind) {
    case 'sample':
      return 'bundled sample clip';
    case 'path':
      return spec.path;
    case 'v4l2':
      return spec.device;
    case 'csi':
      return `CSI camera ${spec.sensor}`;
    case 'gstreamer':
      return `GStreamer pipeline ${redactSource(spec.pipeline)}`;
    default:
      return redactSource(spec.url);
  }
}

/** True where the source is a file or folder, which can be played at any pace and ends. */
export function isRecorded(spec: SourceSpec): boolean {
  return spec.kind === 'sample' || spec.kind === 'path';
}

/** Whether a path holds pictures (a folder or one picture) or a video. Throws AgentError CAMERA_OPEN_FAILED. */
export function inspectPath(path: string): 'pictures' | 'video' {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    const reason = code === 'ENOENT' || code === 'ENOTDIR' ? 'does not exist' : `cannot be reached (${code})`;
    throw new AgentError('CAMERA_OPEN_FAILED', `${path} ${reason}`, { cause });
  }
  if (stat.isDirectory()) return 'pictures';
  if (!stat.isFile()) {
    throw new AgentError('CAMERA_OPEN_FAILED', `${path} is neither a file nor a folder`);
  }
  if (stat.size === 0) throw new AgentError('CAMERA_OPEN_FAILED', `${path} is empty (0 bytes)`);
  return pictureExtensions.has(extname(path).toLowerCase()) ? 'pictures' : 'video';
}

function invalid(reason: string, options?: ErrorOptions): AgentError {
  return new AgentError('CAMERA_SOURCE_INVALID', `Invalid source: ${reason}`, options);
}

/** The clip lies at the package's top, two folders above this file in src/ and dist/ alike. */
function samplePath(): string {
  return fileURLToPath(new URL('../../media/sample.mp4', import.meta.url));
}

interface CsiOption {
  readonly default: number;
  readonly min: number;
  readonly max: number;
}

const csiOptions: Readonly<Record<string, CsiOption>> = {
  width: { default: 1280, min: 16, max: 8192 },
  height: { default: 720, min: 16, max: 8192 },
  fps: { default: 30, min: 1, max: 240 },
  flip: { default: 0, min: 0, max: 7 },
};

function parseCsi(text: string): SourceSpec {
  const match = /^csi:(\d{1,2})(?:\?(.*))?$/.exec(text);
  if (match === null)
    throw invalid(`${text}: expected csi:SENSOR or csi:SENSOR?width=1280&height=720&fps=30&flip=0`);
  const values = new Map(Object.entries(csiOptions).map(([name, option]) => [name, option.default]));
  for (const [name, value] of new URLSearchParams(match[2] ?? '')) {
    const option = csiOptions[name];
    if (option === undefined) {
      throw invalid(`${text}: unknown option ${name}; known are ${Object.keys(csiOptions).join(', ')}`);
    }
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= option.min && number <= option.max)) {
      throw invalid(
        `${text}: ${name}: expected a whole number from ${option.min} to ${option.max}, found "${value}"`,
      );
    }
    values.set(name, number);
  }
  const [width, height, fps, flip] = [...values.values()] as [number, number, number, number];
  return { kind: 'csi', sensor: Number(match[1]), width, height, fps, flip };
}

function parseGstreamer(text: string): SourceSpec {
  const pipeline = text.slice('gst:'.length).trim();
  if (pipeline === '') throw invalid('gst: needs a pipeline, for example gst:v4l2src device=/dev/video0');
  if (/\bappsink\b/.test(pipeline)) return { kind: 'gstreamer', pipeline };
  return { kind: 'gstreamer', pipeline: `${pipeline} ! videoconvert ! ${newestPicture}` };
}

const kinds = {
  rtsp: 'rtsp',
  rtsps: 'rtsp',
  http: 'http',
  https: 'http',
  rtmp: 'rtmp',
  rtmps: 'rtmp',
  srt: 'srt',
  onvif: 'onvif',
} as const;

function parseUrl(text: string, scheme: string): SourceSpec {
  if (scheme === 'file') return { kind: 'path', path: parseFileUrl(text) };
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // The parser's own error would carry the whole text, credentials included, as its cause.
    throw invalid(
      `${redactSource(text)} is not a valid URL; special characters in a password must be %-encoded`,
    );
  }
  const kind = Object.hasOwn(kinds, scheme) ? kinds[scheme as keyof typeof kinds] : undefined;
  if (kind === undefined) {
    const known = [...Object.keys(kinds), 'file'].join(', ');
    throw invalid(`${redactSource(text)}: scheme ${scheme}:// is not supported; use one of ${known}`);
  }
  if (kind === 'onvif') return parseOnvif(text);
  if (url.hostname === '') throw invalid(`${redactSource(text)} names no host`);
  if (kind === 'srt') assertSrt(text);
  // Blanks end the address for some of FFmpeg's RTMP libraries, and options follow.
  if (kind === 'rtmp' && /\s/.test(text)) throw invalid(`${redactSource(text)} has a blank in it`);
  return { kind, url: text };
}

function parseOnvif(text: string): SourceSpec {
  const address = parseOnvifAddress(text);
  if (address === undefined) {
    throw invalid(`${redactSource(text)}: expected onvif://HOST/ or onvif://HOST:PORT/?profile=NAME`);
  }
  return { kind: 'onvif', url: text, profile: address.profile };
}

function parseFileUrl(text: string): string {
  try {
    return filePath(text);
  } catch (cause) {
    throw invalid(`${redactSource(text)}: ${(cause as Error).message}`, { cause });
  }
}

function assertSrt(text: string): void {
  if (endpointOf(text) !== undefined && parseSrtAddress(text) !== undefined) return;
  throw invalid(
    `${redactSource(text)}: expected srt://HOST:PORT, after it at most ?streamid=, passphrase= of 10 to 79 bytes, ` +
      'pbkeylen=16, 24 or 32, and mode=caller',
  );
}
