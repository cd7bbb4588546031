import { AgentError } from '../errors.js';
import type { SourceFormat } from './frame-source.js';
import { loadOpencv, type Mat, nativeCall, type VideoCapture } from './opencv.js';
import { redactSource } from './redact-source.js';

export interface CaptureTarget {
  readonly target: string;
  readonly backend: 'ffmpeg' | 'gstreamer';
  /** For messages: no credentials in it. */
  readonly description: string;
  /** Why it may have failed, for the message. */
  readonly hint: string;
}

/**
 * Opens a capture. The binding opens on the calling thread: what can be checked before, is to be checked before.
 * Throws AgentError CAMERA_OPEN_FAILED.
 */
export function openCapture(options: CaptureTarget): VideoCapture {
  const cv = loadOpencv();
  const backend = { ffmpeg: cv.CAP_FFMPEG, gstreamer: cv.CAP_GSTREAMER }[options.backend];
  try {
    return new cv.VideoCapture(options.target, backend);
  } catch {
    // No cause: its text may hold the address with its password.
    throw new AgentError('CAMERA_OPEN_FAILED', `${options.description} cannot be opened: ${options.hint}`);
  }
}

/** OpenCV's number for the quarter turns that a recording asks for, in degrees; the binding has no name for it. */
const orientation = 48;

/** True where OpenCV turns a recording by a quarter in the wrong direction, as 4.6 does, so that it is upside down. */
export function isUpsideDown(capture: VideoCapture): boolean {
  const { major, minor } = loadOpencv().version;
  return major === 4 && minor === 6 && capture.get(orientation) % 180 !== 0;
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

/** The next picture, empty at the end, read off the JS thread. Throws AgentError CAMERA_READ_FAILED. */
export async function readCapture(capture: VideoCapture, description: string): Promise<Mat> {
  try {
    return await nativeCall<Mat>((done) => capture.readAsync(done));
  } catch (error) {
    const reason = redactSource(error instanceof Error ? error.message : String(error));
    throw new AgentError('CAMERA_READ_FAILED', `Reading ${description} failed: ${reason}`);
  }
}
