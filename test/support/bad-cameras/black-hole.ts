import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BadCamera, startThread, type Teardown } from './bad-camera.js';

/** Far longer than loopback needs. */
const answerMs = 300;
/** A queue of one holds two. */
const maxQueued = 8;

/**
 * No packet to it is answered, as behind a firewall. On loopback Linux lets the first packet of a connection (SYN) fall
 * where the listener's queue is full: this one's is filled here, and nobody ever takes a connection out of it.
 */
export const blackHole: BadCamera = {
  name: 'black hole',
  async start(t) {
    const { port } = await startThread(t, { kind: 'frozen' });
    for (let queued = 0; await isAnswered(t, port); queued++) {
      if (queued === maxQueued) throw new Error(`${maxQueued} connections and the queue is not full`);
    }
    return { source: `rtsp://127.0.0.1:${port}/live`, clients: () => undefined };
  },
};

/** The connection stays until the test ends. */
async function isAnswered(t: Teardown, port: number): Promise<boolean> {
  const socket: Socket = connect(port, '127.0.0.1').on('error', () => {});
  t.teardown(() => socket.destroy());
  const connected = new Promise<boolean>((settle) => socket.once('connect', () => settle(true)));
  return Promise.race([connected, sleep(answerMs, false)]);
}
