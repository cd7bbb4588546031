import { Command } from 'commander';
import { deployableModel } from '../agent/deployable-model.js';
import { openModel } from '../agent/open-model.js';
import { publishedSkeleton } from '../agent/published-skeleton.js';
import { createFrameSource } from '../camera/create-frame-source.js';
import { drawSkeletons } from '../camera/draw-skeleton.js';
import type { Frame, FrameSource } from '../camera/frame-source.js';
import { bgrMat } from '../camera/mat-frame.js';
import type { Mat } from '../camera/opencv.js';
import { parseSource } from '../camera/parse-source.js';
import { isVideoPath, VideoFileWriter } from '../camera/video-file-writer.js';
import { writePicture } from '../camera/write-picture.js';
import { loadConfig } from '../config/load-config.js';
import { freePixels } from '../engine/free-pixels.js';
import type { Session } from '../engine/session.js';
import { AgentError } from '../errors.js';
import { mapInstances, type SkeletonMapping } from '../pose/map-skeleton.js';
import { unpackInstances } from '../pose/packed-instances.js';
import { openingLine } from './opening-line.js';
import { positiveInteger } from './run-options.js';

interface AnnotateOptions {
  config?: string;
  model?: string;
  device?: string;
  frames?: number;
}

interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture and its inference on the way. */
interface Pending {
  picture: Picture;
  result: Promise<Float32Array>;
}

async function* inferred(
  source: FrameSource,
  session: Session,
  limit: number,
): AsyncGenerator<[Picture, Float32Array]> {
  const pending: Pending[] = [];
  for (let count = 0; ; count++) {
    const frame = count < limit ? await source.read() : null;
    if (frame) pending.push(begin(session, frame));
    // As many in flight as keep the device busy, handed out in order.
    while (pending.length > (frame ? session.capacity : 0)) {
      const { picture: oldest, result } = pending.shift() as Pending;
      yield [oldest, await result];
    }
    if (!frame) return;
  }
}

/** Frees the frame: a source lends only a few at a time. */
function begin(session: Session, frame: Frame): Pending {
  const { width, height, capturedMonotonic } = frame;
  const picture = { pixels: frame.pixels(), width, height };
  frame.release();
  const result = session.infer({ ...picture, camera: 0, timeMs: capturedMonotonic });
  result.catch(() => {}); // awaited in its turn
  return { picture, result };
}

/** Writes pictures to where the output's name says: one video, or one picture. */
class Output {
  readonly #path: string;
  readonly #fps: number;
  #video: VideoFileWriter | undefined;
  #frames = 0;

  constructor(path: string, fps: number) {
    this.#path = path;
    this.#fps = fps;
  }

  get frames(): number {
    return this.#frames;
  }

  async write(mat: Mat): Promise<void> {
    if (!isVideoPath(this.#path)) {
      if (this.#frames > 0) {
        throw new AgentError(
          'OUTPUT_UNWRITABLE',
          `${this.#path} holds one picture; name a video, as in out.mp4`,
        );
      }
      await writePicture(this.#path, mat);
    } else {
      if (!this.#video) {
        const size = { width: mat.cols, height: mat.rows };
        this.#video = new VideoFileWriter({ path: this.#path, ...size, fps: this.#fps });
        await this.#video.open();
      }
      await this.#video.write(mat);
    }
    this.#frames++;
  }

  async close(): Promise<void> {
    await this.#video?.close();
  }

  async discard(): Promise<void> {
    await this.#video?.discard();
  }
}

function progress(done: number, total: number | null): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done}${total ? ` of ${total}` : ''} frames …`);
}

async function annotate(input: string, output: string, options: AnnotateOptions): Promise<void> {
  const { config } = loadConfig({
    configFile: options.config,
    flags: { model: options.model, device: options.device },
  });
  const model = await deployableModel(config);
  const skeleton = publishedSkeleton(config, model);
  const source = createFrameSource(parseSource(input), {
    pace: 'max',
    loop: false,
    policy: { remote: false, hosts: config.camera_hosts },
  });
  try {
    await source.open();
    const line = openingLine();
    const session = await openModel({ config, model, onOpening: line.show }).finally(line.end);
    const out = new Output(output, source.format?.fps || 30);
    // One picture of a clip: the first.
    const limit = options.frames ?? (isVideoPath(output) ? Number.POSITIVE_INFINITY : 1);
    const draw = { minScore: config.pose.min_score, skeleton, total: source.format?.frames ?? null };
    const people = await drawAll(inferred(source, session, limit), out, draw).finally(() => session.close());
    const mean = (people / out.frames).toFixed(2);
    process.stdout.write(`${output}: ${out.frames} frames, ${mean} people a frame (${model.id})\n`);
  } finally {
    // Also where nothing else was reached: the process that reads it would go on, and this one wait for it.
    await source.close();
  }
}

interface DrawOptions {
  readonly minScore: number;
  readonly skeleton: SkeletonMapping;
  /** Of frames, where that is known. */
  readonly total: number | null;
}

/** Returns how many people were drawn, in all frames together. */
async function drawAll(
  pictures: AsyncIterable<[Picture, Float32Array]>,
  out: Output,
  { minScore, skeleton, total }: DrawOptions,
): Promise<number> {
  let people = 0;
  try {
    for await (const [{ pixels, width, height }, packed] of pictures) {
      const seen = unpackInstances(packed).filter(({ score }) => score >= minScore);
      const instances = mapInstances(seen, skeleton);
      people += instances.length;
      const mat = bgrMat(pixels, width, height);
      drawSkeletons(mat, instances, skeleton.to);
      await out.write(mat).finally(() => mat.release());
      freePixels(pixels);
      progress(out.frames, total);
    }
    await out.close();
    return people;
  } catch (error) {
    await out.discard();
    throw error;
  } finally {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  }
}

/** `pose-agent annotate`: draws skeletons on a clip or picture. */
export function annotateCommand(): Command {
  return new Command('annotate')
    .description('draw skeletons on a clip or picture')
    .argument('<in>', 'a clip, a picture, a folder of pictures, or sample:')
    .argument('<out>', 'a video (.mp4, .mov, .mkv, .avi) or a picture (.png, .jpg)')
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option('--model <name>', 'model by name or path, or auto')
    .option('--device <name>', 'auto, CPU, GPU, NPU, DLA.0 or AUTO')
    .option('--frames <n>', 'stop after this many frames', positiveInteger)
    .addHelpText(
      'after',
      '\nExamples:\n  pose-agent annotate sample: out.mp4\n  pose-agent annotate photo.jpg poses.png',
    )
    .action(annotate);
}
