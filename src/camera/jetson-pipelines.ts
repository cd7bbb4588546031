import { pathToFileURL } from 'node:url';

/** Pixels to which the converter scales, where both are asked for. */
export interface WantedSize {
  readonly width?: number;
  readonly height?: number;
}

export interface CsiSensor {
  readonly sensor: number;
  /** Of the sensor's picture, pixels. */
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** nvvidconv's flip-method: 0 as it is, 2 upside down, odd ones turn to the other orientation. */
  readonly flip: number;
}

/** Keeps the newest picture only and hands it over in OpenCV's own layout. */
export const newestPicture = 'video/x-raw,format=BGR ! appsink drop=true max-buffers=1 sync=false';
/** Waits until each picture is taken. */
const everyPicture = 'video/x-raw,format=BGR ! appsink max-buffers=2 sync=false';

/**
 * Finds out the codec and takes the decoder of the highest rank, which on a Jetson is nvv4l2decoder. Pictures that are
 * not in its memory are not accepted: a decoder on the CPU does not slip in.
 */
const decode = 'decodebin ! video/x-raw(memory:NVMM)';

/** A CSI camera through Argus; the sensor's picture stays in the converter's memory until that has turned it. */
export function csiPipeline(camera: CsiSensor, size: WantedSize = {}): string {
  const { sensor, width, height, fps, flip } = camera;
  return [
    `nvarguscamerasrc sensor-id=${sensor}`,
    `video/x-raw(memory:NVMM),width=${width},height=${height},framerate=${fps}/1,format=NV12`,
    `nvvidconv flip-method=${flip}`,
    ...toBgr(size),
    newestPicture,
  ].join(' ! ');
}

/**
 * An RTSP camera through a Jetson's decoder. Over TCP, as FFmpeg reads it; packets come in order then, so that none has
 * to be waited for. A stream's sound is left alone. The text holds the address's password.
 */
export function rtspPipeline(url: string, size: WantedSize = {}): string {
  return [
    `rtspsrc location="${escapeUrl(withPlainLogin(url))}" protocols=tcp latency=0`,
    'application/x-rtp,media=video',
    decode,
    'nvvidconv',
    ...toBgr(size),
    newestPicture,
  ].join(' ! ');
}

/** Every picture of a video file through a Jetson's decoder. */
export function filePipeline(path: string): string {
  const uri = escapeUrl(pathToFileURL(path).href);
  return [
    `uridecodebin uri="${uri}"`,
    'video/x-raw(memory:NVMM)',
    'nvvidconv',
    ...toBgr({}),
    everyPicture,
  ].join(' ! ');
}

/** nvvidconv has no BGR; videoconvert drops the fourth byte of what comes nearest. */
function toBgr({ width, height }: WantedSize): string[] {
  const scale = width === undefined || height === undefined ? '' : `,width=${width},height=${height}`;
  return [`video/x-raw,format=BGRx${scale}`, 'videoconvert'];
}

/**
 * The same address for use between double quotes in a pipeline. GStreamer's own escaping cannot be relied on there: a
 * backslash before the closing quote makes it read on to the next one. What would need it is not allowed in an address
 * anyway and is percent-encoded; all else, exclamation marks too, means itself between quotes.
 */
function escapeUrl(url: string): string {
  return url.replace(/[^\x21-\x7e]|["\\]/gu, percentEncode);
}

function percentEncode(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

/**
 * GStreamer wants `user:password@` with both parts and takes the first @ and : for their ends, so those within are
 * percent-encoded; the rest of the address stays as it is written.
 */
function withPlainLogin(url: string): string {
  const { username, password } = new URL(url);
  if (username + password === '') return url;
  const encoded = (part: string): string => part.replace(/%(?![0-9a-f]{2})|!/gi, percentEncode);
  return url.replace(/^([^:]*:\/\/)[^/?#]*@/, (_, scheme: string) => {
    return `${scheme}${encoded(username)}:${encoded(password)}@`;
  });
}
