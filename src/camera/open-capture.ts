import { AgentError } from '../errors.js';
import type { SourceFormat } from './frame-source.js';
import { loadOpencv, type Mat, nativeCall, type VideoCapture } from './opencv.js';
import { redactSource } from './redact-source.js';

export interface CaptureTarget {
  readonly target: string;
  readonly backend: 'ffmpeg' | 'gstreamer' | 'v4l2';
  /** For messages: no credentials in it. */
  readonly description: string;
  /** FFmpeg's own options, as OpenCV takes them: `name;value|name;value`. Those of the user take their place. */
  readonly ffmpegOptions?: string;
  /** The same, but nothing takes their place: the last of a name counts. */
  readonly guardOptions?: string;
  /** Why it may have failed, for the message. */
  readonly hint: string;
}

const optionsVariable = 'OPENCV_FFMPEG_CAPTURE_OPTIONS';

/**
 * Opens a capture. The binding opens on the calling thread: what can be checked before, is to be checked before.
 * Throws AgentError CAMERA_OPEN_FAILED.
 */
export function openCapture(options: CaptureTarget): VideoCapture {
  const cv = loadOpencv();
  const backend = { ffmpeg: cv.CAP_FFMPEG, gstreamer: cv.CAP_GSTREAMER, v4l2: cv.CAP_V4L2 }[options.backend];
  // OpenCV takes these options from the environment alone and reads them during the open, which is synchronous.
  const before = process.env[optionsVariable];
  const parts = [before ?? options.ffmpegOptions, options.guardOptions].filter((part) => part !== undefined);
  if (parts.length > 0) process.env[optionsVariable] = parts.join('|');
  try {
    return new cv.VideoCapture(options.target, backend);
  } catch {
    // No cause: its text may hold the address with its password.
    throw new AgentError('CAMERA_OPEN_FAILED', `${options.description} cannot be opened: ${options.hint}`);
  } finally {
    if (before === undefined) delete process.env[optionsVariable];
    else process.env[optionsVariable] = before;
  }
}

/** What an open capture says of itself. Only to be asked while no read is under way. */
export function captureFormat(capture: VideoCapture): SourceFormat {
  const cv = loadOpencv();
  const positive = (property: number): number | null => {
    const value = capture.get(property);
    return Number.isFinite(value) && value > 0 ? value : null;
  };
  const frames = positive(cv.CAP_PROP_FRAME_COUNT);
  return {
    width: positive(cv.CAP_PROP_FRAME_WIDTH),
    height: positive(cv.CAP_PROP_FRAME_HEIGHT),
    fps: positive(cv.CAP_PROP_FPS),
    frames: frames === null ? null : Math.round(frames),
    encoding: fourccText(positive(cv.CAP_PROP_FOURCC)),
  };
}

function fourccText(code: number | null): string | null {
  if (code === null) return null;
  const text = String.fromCharCode(code & 255, (code >> 8) & 255, (code >> 16) & 255, (code >> 24) & 255);
  return /^[\x20-\x7e]{4}$/.test(text) ? text.trim() : null;
}

/** Sets properties one after the other, off the JS thread; a device that refuses one keeps its own value. */
export async function setProperties(capture: VideoCapture, values: [number, number][]): Promise<void> {
  for (const [property, value] of values) {
    await nativeCall<boolean>((done) => capture.setAsync(property, value, done));
  }
}

/** The next picture, empty at the end, read off the JS thread. Throws AgentError CAMERA_READ_FAILED. */
export async function readCapture(capture: VideoCapture, description: string): Promise<Mat> {
  try {
    return await nativeCall<Mat>((done) => capture.readAsync(done));
  } catch (error) {
    const reason = redactSource(error instanceof Error ? error.message : String(error));
    throw new AgentError('CAMERA_READ_FAILED', `Reading ${description} failed: ${reason}`);
  }
}
