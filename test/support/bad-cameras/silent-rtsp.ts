import { type BadCamera, startCamera } from './bad-camera.js';
import { flatStream } from './h264.js';
import type { RtspStep } from './rtsp-camera.js';

/** Answers up to this step and then nothing: it holds the connection as if it were about to go on. */
export function silentAfter(lastAnswered: RtspStep): BadCamera {
  const stream = flatStream({ width: 320, height: 240, pictures: 1 });
  return {
    name: `RTSP ${lastAnswered}, then nothing`,
    start: (t) => startCamera(t, { kind: 'rtsp', stream, intervalMs: 1000, lastAnswered }),
  };
}
