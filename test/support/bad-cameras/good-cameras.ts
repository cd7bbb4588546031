import { startCamera, type Teardown } from './bad-camera.js';
import { clipAsH264, clipAsJpegs } from './clip.js';
import { multipart, multipartType } from './http-camera.js';

const fps = 12;
const clip = { fps, seconds: 10, width: 480 };

/** So many cameras that do all that a camera should, over HTTP and RTSP in turn; returns their addresses. */
export async function startGoodCameras(t: Teardown, count: number): Promise<string[]> {
  const chunks = (await clipAsJpegs(clip)).map(multipart);
  const stream = await clipAsH264(clip);
  const intervalMs = 1000 / fps;
  const scripts = [
    { kind: 'http', contentType: multipartType, chunks, intervalMs },
    { kind: 'rtsp', stream, intervalMs },
  ] as const;
  const cameras = Array.from({ length: count }, (_, index) =>
    startCamera(t, scripts[index % scripts.length] as (typeof scripts)[number]),
  );
  return (await Promise.all(cameras)).map(({ source }) => source);
}
