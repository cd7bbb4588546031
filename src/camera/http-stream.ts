import type { IncomingMessage } from 'node:http';
import type { HttpCamera } from './http-camera.js';
import { maxBoundaryLength } from './multipart-parser.js';

/** An answer whose body is still to come, or why FFmpeg should try instead. */
export type HttpStream =
  /** Pictures without an end. */
  | { readonly kind: 'multipart'; readonly boundary: string; readonly response: IncomingMessage }
  /** One picture: the camera is to be asked for each. */
  | { readonly kind: 'picture'; readonly response: IncomingMessage }
  | { readonly kind: 'other'; readonly reason: string };

/**
 * Asks a camera for its pictures. `answerMs`: how long the beginning of each answer may take.
 * Throws AgentError CAMERA_OPEN_FAILED, CAMERA_ADDRESS_BLOCKED, CAMERA_UNPROVEN.
 */
export async function openHttpStream(camera: HttpCamera, answerMs: number): Promise<HttpStream> {
  const response = await camera.ask({}, answerMs);
  if (response.statusCode !== 200) {
    response.destroy();
    throw camera.refusal(response);
  }
  const type = response.headers['content-type'] ?? '';
  if (isPicture(type)) return { kind: 'picture', response };
  const boundary = boundaryOf(type);
  if (boundary !== undefined && boundary.length <= maxBoundaryLength) {
    return { kind: 'multipart', boundary, response };
  }
  response.destroy();
  if (boundary !== undefined) {
    throw camera.failure(
      `its boundary has ${boundary.length} characters, at most ${maxBoundaryLength} are taken`,
    );
  }
  if (/^(text\/|application\/json)/i.test(type)) {
    throw camera.failure(`it is no video but ${type}; look for the address of the camera's stream`);
  }
  const told = camera.policy.remote ? 'another' : type === '' ? 'not given' : type;
  return { kind: 'other', reason: `its content type is ${told}` };
}

/** Of one JPEG, by the names that cameras have for it. */
export function isPicture(type: string): boolean {
  return /^image\/(jpe?g|pjpeg)\s*(;|$)/i.test(type);
}

function boundaryOf(type: string): string | undefined {
  if (!/^multipart\/[^;]/i.test(type)) return undefined;
  const start = /[;\s]boundary\s*=\s*/i.exec(type);
  if (start === null) return undefined;
  const text = type.slice(start.index + start[0].length);
  // In quotes it may hold anything else, blanks too.
  const boundary = text.startsWith('"') ? text.slice(1).split('"', 1)[0] : /^[^";\s]+/.exec(text)?.[0];
  return boundary || undefined;
}
