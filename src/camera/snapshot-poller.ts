import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { AgentError } from '../errors.js';
import { monotonicMs } from '../monotonic-ms.js';
import type { HttpCamera } from './http-camera.js';
import { isPicture } from './http-stream.js';
import type { Patience } from './patience.js';
import { readBody } from './read-body.js';

/** Where nobody says more: often enough to follow people, and what weak cameras can bear. */
const defaultFps = 2;
/** Between two tries where the camera gives no picture, however often it is to be asked. */
const minRetryMs = 500;
/** As in a stream: what is larger is no camera's picture. */
const maxBytes = 32 * 1024 * 1024;
/** Some servers say of every picture that it has not changed: after so many times it is asked for all the same. */
const maxUnchanged = 10;
/** A picture that was changed so shortly before it was sent may be changed again within the same second. */
const minAgeMs = 2000;

export interface SnapshotPollerOptions {
  readonly camera: HttpCamera;
  /** Pictures a second to ask for; 2 where left out. */
  readonly fps?: number | undefined;
  /** Of answers: a picture that stays the same is no silence. */
  readonly patience: Patience;
  /** `capturedMs`, on monotonicMs()'s clock, is when the camera began to answer. */
  readonly onPicture: (jpeg: Buffer, capturedMs: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Asks a camera that gives one picture a request, again and again, and tells each picture that is not the one before. A
 * slow camera is asked as soon as it has answered.
 */
export class SnapshotPoller {
  readonly #options: SnapshotPollerOptions;
  #newest: Buffer | undefined;
  /** By which the camera tells whether its picture has changed; undefined where it does not. */
  #validator: { readonly name: string; readonly value: string } | undefined;
  #validatorLies = false;
  /** Answers in a row that say so. */
  #unchanged = 0;

  constructor(options: SnapshotPollerOptions) {
    this.#options = options;
  }

  /**
   * Goes on until the signal comes, beginning with an answer that is there already. A camera that is busy, or away for a
   * moment, is asked again. Rejects with an AgentError where it gives no picture for too long, or refuses to give any.
   */
  async run(first: IncomingMessage): Promise<void> {
    const { camera, fps = defaultFps, patience, signal } = this.#options;
    let dueMs = monotonicMs();
    let goodMs = dueMs;
    for (let answer = Promise.resolve(first); ; ) {
      const failure = await this.#take(answer);
      if (signal.aborted) return;
      const nowMs = monotonicMs();
      if (failure === undefined) {
        goodMs = nowMs;
        patience.picture(nowMs);
      } else if (nowMs - goodMs >= patience.silenceMs) {
        throw failure;
      }
      const pauseMs = Math.max(1000 / fps, failure === undefined ? 0 : minRetryMs);
      dueMs = Math.max(dueMs + pauseMs, nowMs);
      await sleep(dueMs - nowMs, undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      answer = camera.ask(this.#condition(), patience.silenceMs);
    }
  }

  /** Why there is no picture this time; undefined where there is one, be it the same. Throws where there will be none. */
  async #take(asked: Promise<IncomingMessage>): Promise<AgentError | undefined> {
    const { camera, patience, onPicture } = this.#options;
    let answer: IncomingMessage;
    try {
      answer = await asked;
    } catch (error) {
      if (error instanceof AgentError && error.code === 'CAMERA_OPEN_FAILED') return error;
      throw error;
    }
    const capturedMs = monotonicMs();
    const { statusCode = 0 } = answer;
    if (statusCode === 304) {
      answer.resume();
      this.#unchanged++;
      return undefined;
    }
    const type = answer.headers['content-type'] ?? '';
    if (statusCode !== 200 || !isPicture(type)) {
      answer.destroy();
      if (statusCode === 200) return camera.failure(`its content type is ${type}`);
      if (isBusy(statusCode)) return camera.refusal(answer);
      throw camera.refusal(answer);
    }
    let jpeg: Buffer;
    try {
      jpeg = await readBody(answer, { maxBytes, timeoutMs: patience.silenceMs });
    } catch (error) {
      return camera.failure(`its picture did not come whole (${(error as Error).message})`);
    }
    if (jpeg.length === 0) return camera.failure('its picture is empty');
    const isNew = this.#newest?.equals(jpeg) !== true;
    this.#learn(answer, isNew);
    this.#newest = jpeg;
    if (isNew) onPicture(jpeg, capturedMs);
    return undefined;
  }

  #learn({ headers }: IncomingMessage, isNew: boolean): void {
    const validator = validatorOf(headers);
    if (isNew && validator !== undefined && validator.value === this.#validator?.value) {
      this.#validatorLies = true;
    }
    this.#validator = validator;
    this.#unchanged = 0;
  }

  #condition(): OutgoingHttpHeaders {
    if (this.#validator === undefined || this.#validatorLies || this.#unchanged >= maxUnchanged) return {};
    return { [this.#validator.name]: this.#validator.value };
  }
}

/** Statuses that are over soon: too many requests, and errors of the server's own. */
function isBusy(status: number): boolean {
  return status === 429 || status >= 500;
}

function validatorOf(headers: IncomingMessage['headers']): { name: string; value: string } | undefined {
  const { etag, date = '', 'last-modified': modified } = headers;
  if (etag !== undefined) return { name: 'if-none-match', value: etag };
  if (modified === undefined || !(Date.parse(date) - Date.parse(modified) >= minAgeMs)) return undefined;
  return { name: 'if-modified-since', value: modified };
}
