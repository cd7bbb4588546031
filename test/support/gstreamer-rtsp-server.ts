import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { absent } from './absent.js';

export interface GstreamerServerOptions {
  /** For each path a pipeline whose payloader is called pay0. */
  readonly streams: Readonly<Record<string, string>>;
  readonly transports: readonly ('tcp' | 'udp' | 'multicast')[];
  /** Demanded by Digest authentication: user:password. */
  readonly login?: string;
}

const script = new URL('./gstreamer-rtsp-server.py', import.meta.url).pathname;
const needs =
  'GStreamer’s RTSP server (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good)';

/** Starts GStreamer's RTSP server on loopback. Throws where it is not here. */
export async function startGstreamerServer(
  options: GstreamerServerOptions,
): Promise<{ port: number; stop: () => void }> {
  // Debian's own Python has its binding, whatever other one stands first on the PATH.
  const child = spawn('/usr/bin/python3', ['-W', 'ignore', script, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = once(child, 'close');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => []),
    once(child, 'error').then(() => []),
  ]);
  if (line.length === 0) throw new Error(`${needs}: ${errors.trim().split('\n').at(-1)}`);
  return { port: Number(line[0]), stop: () => child.kill('SIGKILL') };
}

/** The same until the test ends; returns its port. Undefined, said aloud, where it is not here. */
export async function requireGstreamerServer(
  t: Test,
  options: GstreamerServerOptions,
): Promise<number | undefined> {
  try {
    const { port, stop } = await startGstreamerServer(options);
    t.teardown(stop);
    return port;
  } catch (error) {
    // The reason is seen where it must be here.
    return absent(t, (error as Error).message);
  }
}

/** A pipeline that plays an MP4 file of this codec in its own time. */
export function playFile(path: string, codec: 'h264' | 'h265' | 'jpeg'): string {
  const from = `filesrc location="${path}" ! qtdemux`;
  return `${from} ! rtp${codec}pay name=pay0 pt=96${codec === 'jpeg' ? '' : ' config-interval=-1'}`;
}
