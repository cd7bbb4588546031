import { Command } from 'commander';
import { deployableModel } from '../agent/deployable-model.js';
import { openModel } from '../agent/open-model.js';
import { publishedSkeleton } from '../agent/published-skeleton.js';
import { sessionSpec } from '../agent/session-spec.js';
import { drawSkeletons } from '../camera/draw-skeleton.js';
import { capturedPicture, type Frame, type FrameSource } from '../camera/frame-source.js';
import { bgrMat } from '../camera/mat-frame.js';
import { writePicture } from '../camera/write-picture.js';
import { loadConfig } from '../config/load-config.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { convertToBgr } from '../native/picture-format.js';
import { mapInstances } from '../pose/map-skeleton.js';
import { unpackInstances } from '../pose/packed-instances.js';
import { type WholePictureInput, wholePictureInput } from '../worker/camera-picture.js';
import { cameraAdvice } from './camera-advice.js';
import { type CameraMeasurement, CameraTally } from './camera-measurement.js';
import { openingLine } from './opening-line.js';
import { processCpuMs } from './process-cpu.js';
import { positive } from './run-options.js';
import { type TestedCamera, testedCamera } from './tested-camera.js';

interface TestOptions {
  config?: string;
  model?: string;
  seconds: number;
  picture?: string;
  json?: boolean;
}

/** How long somebody is waited for who could be drawn. */
const peopleSeconds = 5;

async function test(named: string, options: TestOptions): Promise<void> {
  const { config } = loadConfig({ configFile: options.config, flags: { model: options.model } });
  const input = await networkInput(config);
  const camera = testedCamera(named, config, input);
  const { source } = camera;
  const begun = performance.now();
  try {
    await source.open();
    const measured = await measure(source, { openMs: performance.now() - begun, seconds: options.seconds });
    const people = options.picture === undefined ? undefined : await draw(camera, options.picture, config);
    const advice = cameraAdvice(measured, input);
    const drawn = people === undefined ? {} : { people };
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ ...measured, ...drawn, advice })}\n`);
      return;
    }
    const picture = people === undefined ? [] : [`picture      ${options.picture}, ${countOf(people)}`];
    process.stdout.write(
      `${[...lines(source.description, measured), ...picture, ...words(advice)].join('\n')}\n`,
    );
  } finally {
    await source.close();
  }
}

async function measure(
  source: FrameSource,
  { openMs, seconds }: { openMs: number; seconds: number },
): Promise<CameraMeasurement> {
  const tally = new CameraTally();
  const end = performance.now() + seconds * 1000;
  const cpuMs = (): number | null => (source.processId === undefined ? null : processCpuMs(source.processId));
  const cpuBefore = cpuMs();
  let told = 0;
  while (performance.now() < end) {
    const frame = await source.read();
    if (frame === null) break;
    const now = performance.now();
    tally.add(frame, now);
    frame.release();
    if (process.stderr.isTTY && now - told > 200) {
      told = now;
      process.stderr.write(`\rmeasuring, ${Math.ceil((end - now) / 1000)} s to go …\x1b[K`);
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const cpuAfter = cpuMs();
  const used = cpuBefore === null || cpuAfter === null ? null : cpuAfter - cpuBefore;
  const measured = tally.measurement(source.format, { openMs, cpuMs: used });
  if (measured) return measured;
  throw new AgentError(
    'CAMERA_READ_FAILED',
    `${source.description} gave no two pictures within ${seconds} s; measure for longer with --seconds`,
  );
}

/** As wholePictureInput() of the configured model; undefined, too, where there is none yet. */
async function networkInput(config: Config): Promise<WholePictureInput | undefined> {
  try {
    return wholePictureInput(sessionSpec(config, await deployableModel(config)));
  } catch (error) {
    if (error instanceof AgentError) return undefined;
    throw error;
  }
}

/** Writes a picture with its people, as soon as there are some; returns how many. */
async function draw(camera: TestedCamera, path: string, config: Config): Promise<number> {
  const model = await deployableModel(config);
  const skeleton = publishedSkeleton(config, model);
  const line = openingLine();
  const session = await openModel({ config, model, onOpening: line.show }).finally(line.end);
  try {
    const end = performance.now() + peopleSeconds * 1000;
    for (;;) {
      const frame = await nextWhole(camera);
      const { width, height, capturedMonotonic: timeMs } = frame;
      const { pixels, format } = capturedPicture(frame);
      // First of all: what lies under a mask is in no picture.
      camera.picture.blacken(pixels, width, height, format);
      const view = camera.picture.view(width, height);
      const packed = await session.infer({ pixels, format, width, height, camera: 0, timeMs, view });
      const seen = unpackInstances(packed).filter(({ score }) => score >= config.pose.min_score);
      if (seen.length > 0 || performance.now() > end) {
        const bgr = format === 'bgr' ? pixels : convertToBgr(pixels, width, height, format);
        const picture = bgrMat(bgr, width, height);
        drawSkeletons(picture, mapInstances(seen, skeleton), skeleton.to);
        await writePicture(path, picture).finally(() => picture.release());
        frame.release();
        return seen.length;
      }
      frame.release();
    }
  } finally {
    await session.close();
  }
}

/** The next frame that was not decoded smaller. */
async function nextWhole({ source, showWhole }: TestedCamera): Promise<Frame> {
  showWhole();
  for (let frame = await source.read(); frame !== null; frame = await source.read()) {
    if ((frame.scale ?? 1) === 1) return frame;
    frame.release();
  }
  throw new AgentError('CAMERA_READ_FAILED', `${source.description} ended before somebody was seen`);
}

const decoders = { vaapi: 'the graphics unit (VAAPI)', software: 'FFmpeg on the CPU' };

function lines(description: string, measured: CameraMeasurement): string[] {
  const { width, height, encoding, decoder, fps, announced_fps, interval_ms, decode_delay_ms, cpu } =
    measured;
  const announced = announced_fps === null ? '' : `, ${announced_fps} announced`;
  return [
    description,
    `opened       after ${(measured.open_ms / 1000).toFixed(1)} s`,
    `size         ${width}x${height}${encoding === null ? '' : `, ${encoding}`}`,
    `rate         ${fps} pictures a second${announced}; ${measured.pictures} in ${measured.seconds} s, ${measured.passed_over} passed over`,
    `interval     ${interval_ms.p50} ms, 95 % within ${interval_ms.p95} ms, the longest ${interval_ms.max} ms`,
    `decoded      ${decode_delay_ms.p50} ms after it came, 95 % within ${decode_delay_ms.p95} ms`,
    ...(decoder === null ? [] : [`decoder      ${decoders[decoder]}`]),
    ...(measured.key_frames === null ? [] : [`key frames   ${keyFrames(measured)}`]),
    ...(cpu ? [`processor    ${cpu.percent_of_a_core} % of a core, ${cpu.ms_per_picture} ms a picture`] : []),
  ];
}

function keyFrames({ key_frames, key_frame_s, pictures, passed_over, seconds }: CameraMeasurement): string {
  if (key_frames === pictures - passed_over) return 'every picture is one';
  if (key_frame_s !== null) return `every ${key_frame_s} s`;
  return `${key_frames === 0 ? 'none' : 'one'} within ${seconds} s`;
}

function words(advice: readonly string[]): string[] {
  return advice.length === 0
    ? ['', 'Nothing needs to be changed.']
    : ['', ...advice.map((text) => `→ ${text}`)];
}

function countOf(people: number): string {
  return people === 0 ? 'nobody is seen' : people === 1 ? '1 person' : `${people} people`;
}

/** `pose-agent cameras test`: what a camera gives, and what to change about it. */
export function camerasTestCommand(): Command {
  return new Command('test')
    .description('measure a camera, and say what to change about it')
    .argument('<source>', 'the id of a camera in the configuration, or a source as in cameras[].source')
    .option('--seconds <s>', 'how long to measure', positive, 10)
    .option('--picture <file>', 'write a picture with the people that are seen (.png, .jpg)')
    .option('--model <name>', 'model that looks at the picture, by name or path')
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
A camera that needs a password is best named by its id: arguments can be read by everybody on this machine.

Examples:
  pose-agent cameras test rtsp://192.0.2.7/stream1
  pose-agent cameras test front-door --picture seen.jpg`,
    )
    .action(test);
}
