import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { CameraScript } from './camera-thread.js';

/** What of `t` is needed to clean up. */
export interface Teardown {
  teardown(handler: () => unknown): unknown;
}

/** A camera as they fail in the field, which its neighbours must not feel. */
export interface BadCamera {
  readonly name: string;
  /** Ends with the test. */
  start(t: Teardown): Promise<RunningCamera>;
}

export interface RunningCamera {
  readonly source: string;
  /** Clients that have connected so far; undefined where nobody ever can. */
  clients(): number | undefined;
}

/** A camera that does as its script says, in a thread of its own: what it sends must not hold up whoever measures. */
export async function startCamera(t: Teardown, script: CameraScript): Promise<RunningCamera> {
  const { thread, port } = await startThread(t, script);
  let clients = 0;
  thread.on('message', () => clients++);
  const scheme = script.kind === 'http' ? 'http' : 'rtsp';
  return { source: `${scheme}://127.0.0.1:${port}/live`, clients: () => clients };
}

/** A thread that serves a script on a loopback port; it says each client that comes. */
export async function startThread(
  t: Teardown,
  script: CameraScript,
): Promise<{ thread: Worker; port: number }> {
  const thread = new Worker(new URL('./camera-thread.ts', import.meta.url), { workerData: script });
  t.teardown(() => thread.terminate());
  const [port] = (await once(thread, 'message')) as [number];
  return { thread, port };
}
