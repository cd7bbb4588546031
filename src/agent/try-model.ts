import { type NativeTimings, unpackInstances, unpackTimings } from '../pose/packed-instances.js';
import { type OpenModelOptions, openModel } from './open-model.js';

type PictureTimings = Pick<NativeTimings, 'preprocess' | 'infer' | 'decode'>;

/** How a model did on pictures that nobody sees. */
export interface ModelTrial {
  readonly engine: string;
  readonly device: string;
  readonly precision: string;
  /** Of the main network, px. */
  readonly input: { readonly width: number; readonly height: number };
  /** Opening it: reading and compiling, ms. */
  readonly openMs: number;
  /** Median of the stages of a picture, ms. */
  readonly picture: PictureTimings;
  /** Inferences of the bare main network: median ms, and how many a second at full speed. */
  readonly network: { readonly ms: number; readonly fps: number };
  /** Found in the picture, which shows nobody. */
  readonly people: number;
}

const pictureWidth = 640;
const pictureHeight = 480;
/** The first one is slower. */
const pictures = 6;
const networkSeconds = 0.5;

/** Opens a model as the configuration would, and runs it on a generated picture. Throws what openModel() and
 *  Session.infer() throw. */
export async function tryModel(options: OpenModelOptions): Promise<ModelTrial> {
  const begun = performance.now();
  const session = await openModel(options);
  const openMs = performance.now() - begun;
  try {
    const pixels = trialPicture(pictureWidth, pictureHeight);
    const frame = { pixels, width: pictureWidth, height: pictureHeight, camera: 0 };
    const timings: NativeTimings[] = [];
    let people = 0;
    for (let index = 0; index < pictures; index++) {
      const packed = await session.infer({ ...frame, timeMs: index * 33 });
      // Later ones are looked at with what was found before.
      if (index === 0) people = unpackInstances(packed).length;
      else timings.push(unpackTimings(packed));
    }
    // A top-down network sees no picture in which nobody is found: here it is run in any case.
    const { fps, latencyP50Ms } = await session.measureCeiling(networkSeconds);
    const { engine, deviceName, precision, inputWidth, inputHeight } = session.info;
    return {
      engine,
      device: deviceName,
      precision,
      input: { width: inputWidth, height: inputHeight },
      openMs,
      picture: {
        preprocess: median(timings.map(({ preprocess }) => preprocess)),
        infer: median(timings.map(({ infer }) => infer)),
        decode: median(timings.map(({ decode }) => decode)),
      },
      network: { ms: latencyP50Ms, fps },
      people,
    };
  } finally {
    await session.close();
  }
}

/** BGR: a slope in each colour, with edges every 32 px. */
export function trialPicture(width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const edge = ((x >> 5) + (y >> 5)) % 2 === 0 ? 0 : 64;
      pixels[at++] = (x * 191) / width + edge;
      pixels[at++] = (y * 191) / height + edge;
      pixels[at++] = ((x + y) * 191) / (width + height) + edge;
    }
  }
  return pixels;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
