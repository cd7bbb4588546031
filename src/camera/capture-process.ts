import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { childEnvironment } from '../child-environment.js';
import { findProgram } from '../native/find-native.js';
import { createPictureRing, type NativePictureRing } from '../native/picture-ring.js';
import type { EnoughPixels } from './frame-source.js';
import { plainText } from './onvif/plain-text.js';

/** Beside those that are held: one is written, and two of a burst wait. */
export const spareSlots = 3;

/** Of the greatest picture that is read, 8K; larger ones are refused before they are decoded. */
const maxPixels = 8192 * 4352;
/** What a decoder may take: sixteen pictures of 4K to look back at, and what is around them. */
const maxDataBytes = 640 * 2 ** 20;
/** For looking at one picture; one that waits for its camera says every second that it lives. A disk may have to wake up. */
const maxSilenceMs = { camera: 5000, recording: 30_000 };
const maxPrinted = 16_384;
/** Of words in a second: with 1,000 pictures, each of another size, it is half of that. */
const maxWordsPerSecond = 128 * 1024;
/** Its own limit of 10 s for a picture would make slow cameras lost ones: the process looks at that itself (patience.h). */
const forOpencv = { OPENCV_LOG_LEVEL: 'WARNING', OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT: '3600' };
/** For taking leave of the camera. */
const maxLeaveMs = 1000;
const maxDyingMs = 500;

/** What native/capture/main.cc is told beside what is the same for every camera. */
export interface CaptureSpec {
  /** What reads the camera: FFmpeg, from an address or a file; OpenCV, from a device or pipeline; or a decoder, what is sent to
   *  it. */
  readonly body: 'ffmpeg' | 'recording' | 'jpeg' | 'opencv';
  readonly [name: string]: string | number;
}

export interface JpegPicture {
  readonly jpeg: Buffer;
  /** The camera's count. */
  readonly seq: number;
  /** On monotonicMs()'s clock. */
  readonly capturedMs: number;
}

export interface CaptureFormat {
  readonly width: number;
  readonly height: number;
  /** 0 where the stream does not say. */
  readonly fps: number;
  readonly encoding: string;
  /** Of a recording; 0 where that is not known. */
  readonly frames: number;
}

export interface CaptureEvents {
  onFormat(format: CaptureFormat): void;
  /** Who decodes it; `why` where that is the CPU although there is a graphics unit, else empty. */
  onDecoder?(decoder: 'software' | 'vaapi', why: string): void;
  /** There is something in the ring that was not there when it was looked at last. */
  onPicture(): void;
  /** What was sent last was looked at. */
  onDecoded?(): void;
  /** A recording is over: what is in the ring is the last of it. */
  onOver?(): void;
  /** Once, after everything else; not called after leave(). `words`: what libraries printed. `crashed`: it did not end by itself. */
  onEnd(reason: string, words: string, crashed: boolean): void;
}

/**
 * A process that reads one camera, and the ring through which its pictures come. Whatever the camera makes of it, it is the
 * process that hangs, crashes or runs out of memory.
 */
export class CaptureProcess {
  readonly ring: NativePictureRing;
  readonly #child: ChildProcess;
  readonly #events: CaptureEvents;
  readonly #input: Writable;
  readonly #output: Readable;
  readonly #isDecoder: boolean;
  readonly #isRecording: boolean;
  /** Resolves when it asks nobody anything any more. */
  readonly gone: Promise<void>;
  #silence: NodeJS.Timeout | undefined;
  /** A decoder does so only while it has something to look at. */
  #awaitsWords = false;
  #words = '';
  #wordsBegunMs = 0;
  /** Characters since then. */
  #said = 0;
  #printed = '';
  #reason: string | undefined;
  #left = false;

  /** `slots`: pictures that may be held at once, and `spareSlots`. Throws AgentError ENGINE_NOT_BUILT. */
  constructor(spec: CaptureSpec, slots: number, events: CaptureEvents) {
    const byOpencv = spec.body === 'opencv';
    const program = findProgram(byOpencv ? 'pose-capture-opencv' : 'pose-capture');
    this.#events = events;
    this.ring = createPictureRing(slots, maxPixels * 3);
    this.#child = spawn(program, {
      env: { ...childEnvironment(), ...forOpencv },
      stdio: ['pipe', 'pipe', byOpencv ? 'pipe' : 'ignore', this.ring.descriptor],
    });
    this.#child.once('error', (error) =>
      this.#end(`its capture process does not start (${error.message})`, false),
    );
    this.#child.once('close', (code, signal) => this.#end(this.#lastWords(code, signal), signal !== null));
    this.gone = new Promise((resolve) => {
      this.#child.once('error', () => resolve());
      this.#child.once('close', () => resolve());
    });
    this.#output = this.#child.stdout as Readable;
    this.#output.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(0, maxPrinted);
    });
    this.#input = this.#child.stdin as Writable;
    this.#input.on('error', () => {}); // it ended, and says so itself
    const facts = { ...spec, parent: process.pid, data_bytes: maxDataBytes, max_pixels: maxPixels };
    this.#input.write(`${Object.entries(facts).flat().join('\0')}\0\0`);
    this.#isDecoder = spec.body === 'jpeg';
    this.#isRecording = spec.body === 'recording' || spec.recording === 1;
    this.#awaitsWords = !this.#isDecoder;
    this.#listen();
  }

  /** Undefined where it did not start. */
  get id(): number | undefined {
    return this.#child.pid;
  }

  /** A JPEG, to be decoded as small as is `enough`, whole where that is undefined; the next one when it was. */
  send({ jpeg, seq, capturedMs }: JpegPicture, enough: EnoughPixels | undefined): void {
    const { across, down, both } = enough ?? { across: 0, down: 0, both: false };
    // JpegHead of native/capture/jpeg_capture.h.
    const head = [seq, Math.round(capturedMs * 1e6), jpeg.length, across, down, both];
    this.#input.write(new Uint8Array(new BigInt64Array(head.map(BigInt)).buffer));
    this.#input.write(jpeg);
    this.#awaitsWords = true;
    this.#listen();
  }

  /**
   * The camera is told, where it is one that is; what is in the ring stays until it is closed. Resolves when the process is
   * gone, or does not go, because it hangs in the kernel.
   */
  leave(): Promise<void> {
    this.#left = true;
    clearTimeout(this.#silence);
    this.#child.kill('SIGTERM');
    return new Promise((resolve) => {
      const timers = [
        setTimeout(() => this.#child.kill('SIGKILL'), maxLeaveMs),
        setTimeout(resolve, maxLeaveMs + maxDyingMs),
      ];
      this.gone.then(() => {
        timers.forEach(clearTimeout);
        resolve();
      });
    });
  }

  /** What should have said something by then, and did not, hangs. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (!this.#awaitsWords) return;
    const limitMs = maxSilenceMs[this.#isRecording ? 'recording' : 'camera'];
    this.#silence = setTimeout(() => this.#giveUp(`hung for ${limitMs / 1000} s`), limitMs);
  }

  /** Nothing more is wanted of it. */
  #giveUp(fault: string): void {
    this.#reason ??= `its capture process ${fault} and was ended`;
    this.#child.kill('SIGKILL');
    this.#output.destroy();
  }

  #read(text: string): void {
    if (this.#left) return;
    const nowMs = performance.now();
    if (nowMs - this.#wordsBegunMs > 1000) {
      this.#wordsBegunMs = nowMs;
      this.#said = 0;
    }
    this.#said += text.length;
    if (this.#said > maxWordsPerSecond) {
      this.#giveUp('said too much');
      return;
    }
    const lines = (this.#words + text).split('\n');
    this.#words = (lines.pop() as string).slice(0, 4096);
    for (const line of lines) this.#obey(line);
    if (!this.#left) this.#listen();
  }

  /** What it says is not believed where that could harm anybody else: a camera may have taken it over. */
  #obey(line: string): void {
    const [what, ...rest] = line.split(' ');
    if (what === 'picture') this.#events.onPicture();
    else if (what === 'decoded' && this.#isDecoder && this.#awaitsWords) this.#decoded();
    else if (what === 'decoder' && (rest[0] === 'software' || rest[0] === 'vaapi'))
      this.#events.onDecoder?.(rest[0], plainText(rest.slice(1).join(' ')));
    else if (what === 'ended' && this.#isRecording) this.#events.onOver?.();
    else if (what === 'failed') this.#reason ??= plainText(rest.join(' '));
    else if (what === 'format') {
      const format = toFormat(rest);
      if (format !== undefined) this.#events.onFormat(format);
    }
  }

  #decoded(): void {
    if (this.#input.writableLength > 0) this.#giveUp('tells of what it has not read');
    else {
      this.#awaitsWords = false;
      this.#events.onDecoded?.();
    }
  }

  #lastWords(code: number | null, signal: NodeJS.Signals | null): string {
    if (this.#reason !== undefined) return this.#reason;
    return `its capture process ${signal === null ? `ended with status ${code}` : `crashed (${signal})`}`;
  }

  #end(reason: string, crashed: boolean): void {
    clearTimeout(this.#silence);
    if (this.#left) return;
    this.#left = true;
    this.#events.onEnd(reason, this.#printed, crashed);
  }
}

function toFormat(words: readonly string[]): CaptureFormat | undefined {
  const [width, height, fps, encoding = '-', frames = '0'] = words;
  const format = {
    width: Number(width),
    height: Number(height),
    fps: Number(fps),
    encoding: plainText(encoding),
    frames: Number(frames),
  };
  const isOne = [format.width, format.height].every(
    (side) => Number.isInteger(side) && side > 0 && side <= 65_536,
  );
  const isCounted = [format.fps, format.frames].every((value) => Number.isFinite(value) && value >= 0);
  return isOne && isCounted ? format : undefined;
}
