import { isDeepStrictEqual } from 'node:util';
import type { WorkerCamera } from '../worker/messages.js';
import { type AgentCamera, pictureOf } from './cameras.js';

/** How a camera is to be read: what it takes a new reader to change. */
export type CameraReading = Omit<WorkerCamera, 'number' | 'firstSeq' | 'picture'>;

interface Entry {
  readonly camera: AgentCamera;
  readonly number: number;
  readonly reading: CameraReading;
}

/**
 * The cameras of a deployment, under the numbers by which its workers know them. A camera that is to be read in another
 * way gets another number, and none is given twice: what its old reading still sends is told from what the new one does.
 */
export class CameraRoster {
  readonly #read: (camera: AgentCamera) => CameraReading;
  #entries: readonly Entry[] = [];
  #nextNumber = 0;

  /** `read` tells how a camera is to be read now. */
  constructor(read: (camera: AgentCamera) => CameraReading) {
    this.#read = read;
  }

  get cameras(): readonly AgentCamera[] {
    return this.#entries.map(({ camera }) => camera);
  }

  /** The camera that a worker calls so; undefined for one that was replaced or removed. */
  find(number: number): AgentCamera | undefined {
    return this.#entries.find((entry) => entry.number === number)?.camera;
  }

  numberOf(camera: AgentCamera): number {
    return this.#entries.find((entry) => entry.camera === camera)?.number ?? -1;
  }

  /** Every camera as a worker is told to read it: its frames' numbers go on where they are. */
  forWorker(): WorkerCamera[] {
    return this.#entries.map(({ camera, number, reading }) => ({
      ...reading,
      number,
      picture: pictureOf(camera.config),
      firstSeq: camera.publisher.nextSeq,
    }));
  }

  /** Takes these cameras for those of before, and looks anew how each is to be read. Returns those that begin anew. */
  set(cameras: readonly AgentCamera[]): AgentCamera[] {
    const before = new Map(this.#entries.map((entry) => [entry.camera, entry]));
    this.#entries = cameras.map((camera) => {
      const reading = this.#read(camera);
      const known = before.get(camera);
      if (known && isDeepStrictEqual(known.reading, reading)) return known;
      return { camera, number: this.#nextNumber++, reading };
    });
    const kept = new Set([...before.values()].filter((entry) => this.#entries.includes(entry)));
    const begun = this.#entries.filter((entry) => !kept.has(entry));
    // What the reading of before had counted is counted; the next one counts from zero.
    for (const entry of before.values()) if (!kept.has(entry)) entry.camera.monitor.workerLost();
    return begun.map(({ camera }) => camera);
  }
}
