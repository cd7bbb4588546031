import { randomSequence } from '../../scripts/sample/random.js';
import { createFrameSource } from '../../src/camera/create-frame-source.js';
import { matOf } from '../../src/camera/mat-frame.js';
import { loadOpencv, type Mat, nativeCall } from '../../src/camera/opencv.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { encodedAsJpeg, type MjpegPart } from './mjpeg-server.js';
import { numberedPicture } from './numbered-picture.js';

/** Width and height: the least, odd ones, extreme ones. */
const sizes = [
  [1, 1],
  [1, 2],
  [3, 5],
  [17, 31],
  [333, 77],
  [4096, 16],
  [16, 4096],
  [1920, 1080],
] as const;

/** Gives pictures as a broken camera or a bad link would, the same ones for the same seed. */
export class BrokenPictures {
  readonly #random: () => number;
  /** A picture with a person, then one of each size. */
  readonly #good: readonly Buffer[];
  readonly #png: Buffer;
  readonly #kinds: readonly (() => MjpegPart)[];
  #given = 0;

  private constructor(seed: number, good: readonly Buffer[], png: Buffer) {
    this.#random = randomSequence(seed);
    this.#good = good;
    this.#png = png;
    this.#kinds = [
      () => this.#flipped(Number.POSITIVE_INFINITY),
      // Where sizes, tables and components are.
      () => this.#flipped(700),
      () => this.#truncated(),
      () => this.#overwritten(),
      () => this.#spliced(),
      () => ({ body: this.#pick(this.#good) }),
      () => ({ body: this.#noise(this.#below(5000)) }),
      () => ({ body: Buffer.alloc(0) }),
      () => ({
        body: Buffer.from('<p>no picture</p>\r\n--frame\r\n\r\n--frame--'),
        contentType: 'text/html',
      }),
      () => ({ body: this.#png.subarray(0, this.#below(this.#png.length * 2)), contentType: 'image/png' }),
      () => this.#misleading(),
    ];
  }

  static async create(seed: number): Promise<BrokenPictures> {
    const source = createFrameSource(parseSource('sample:'), { pace: 'max' });
    await source.open();
    const frame = await source.read();
    if (frame === null) throw new Error('the sample clip has no frame');
    const good = [await encodedAsJpeg(matOf(frame))];
    frame.release();
    await source.close();
    for (const [width, height] of sizes) good.push(await encoded(numberedPicture(0x5a5a, width, height)));
    const cv = loadOpencv();
    const small = numberedPicture(7, 40, 30);
    const png = await nativeCall<Buffer>((done) => cv.imencodeAsync('.png', small, done));
    small.release();
    return new BrokenPictures(seed, good, png);
  }

  /** A picture with a person, whole. */
  get good(): MjpegPart {
    return { body: this.#good[0] as Buffer };
  }

  /** The next one; every kind in its turn. */
  next(): MjpegPart {
    return (this.#kinds[this.#given++ % this.#kinds.length] as () => MjpegPart)();
  }

  #flipped(within: number): MjpegPart {
    const body = Buffer.from(this.#pick(this.#good));
    for (let flips = 1 + this.#below(20); flips > 0; flips--) {
      const at = this.#below(Math.min(within, body.length));
      body.writeUInt8((body[at] as number) ^ (1 << this.#below(8)), at);
    }
    return { body };
  }

  #truncated(): MjpegPart {
    const body = this.#pick(this.#good);
    return { body: body.subarray(0, this.#below(body.length)) };
  }

  #overwritten(): MjpegPart {
    const body = Buffer.from(this.#pick(this.#good));
    const from = this.#below(body.length);
    this.#noise(this.#below(1000)).copy(body, from);
    return { body };
  }

  #spliced(): MjpegPart {
    const [head, tail] = [this.#pick(this.#good), this.#pick(this.#good)];
    const cut = this.#random();
    return {
      body: Buffer.concat([head.subarray(0, cut * head.length), tail.subarray(cut * tail.length)]),
    };
  }

  /** Says that it is longer or shorter than it is. */
  #misleading(): MjpegPart {
    const body = this.#pick(this.#good);
    return { body, contentLength: Math.max(0, body.length + this.#below(2001) - 1000) };
  }

  #noise(bytes: number): Buffer {
    return Buffer.from(Array.from({ length: bytes }, () => this.#below(256)));
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)] as T;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }
}

async function encoded(picture: Mat): Promise<Buffer> {
  try {
    return await encodedAsJpeg(picture);
  } finally {
    picture.release();
  }
}
