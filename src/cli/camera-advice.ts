import type { CameraMeasurement } from './camera-measurement.js';

/** A camera of that many times the network's own pixels pays for what nobody looks at. */
const muchLarger = 4;
/** Of its announced rate. */
const steadyShare = 0.8;
/** Below it a person who walks by is seen a few times only. */
const lowFps = 5;
/** After a break nothing is seen before the next key frame. */
const longKeySeconds = 4;
/** Of a picture, in ms. */
const longDelayMs = 60;
/** Of a core; more cameras need more of them. */
const muchCpu = 30;

/** The network's input, px. */
export interface InputSize {
  readonly width: number;
  readonly height: number;
}

/** What to change about a camera, in words; empty where nothing is to be changed. `input` where a model is known. */
export function cameraAdvice(measured: CameraMeasurement, input?: InputSize): string[] {
  const { width, height, fps, announced_fps: announced, interval_ms, passed_over, pictures, cpu } = measured;
  const advice: string[] = [];
  if (passed_over > pictures / 20) {
    advice.push(
      `This machine decodes ${pictures - passed_over} of ${pictures} pictures: take a stream of a smaller size or a lower rate.`,
    );
  }
  if (input && width * height > muchLarger * input.width * input.height) {
    const cost =
      cpu && cpu.percent_of_a_core > muchCpu ? `, and costs ${cpu.percent_of_a_core} % of a core` : '';
    advice.push(
      `The network looks at ${input.width}x${input.height}; this stream has ${width}x${height}${cost}. Take the camera's second ` +
        'stream where it has one, often called sub-stream: the smallest that is not smaller than that.',
    );
  }
  if (announced !== null && fps < steadyShare * announced) {
    advice.push(
      `It announces ${announced} pictures a second and gives ${fps}: look at its exposure (many cameras are slower in the dark) ` +
        'and at the network between.',
    );
  }
  if (interval_ms.max > 1000 && interval_ms.max > 5 * interval_ms.p50) {
    advice.push(
      `No picture came for ${(interval_ms.max / 1000).toFixed(1)} s once: where it happens again, look at the network between.`,
    );
  }
  const rarity = keyFrameRarity(measured);
  if (rarity !== undefined) {
    advice.push(
      `${rarity}, and after a break nothing is seen before the next: set the camera's key frame (I-frame) interval to 1 or 2 s.`,
    );
  }
  if (isReordered(measured)) {
    advice.push(
      `Pictures are decoded up to ${measured.decode_delay_ms.p95} ms after they came, as with B-frames, which wait for later ones: ` +
        'switch B-frames off in the camera, or set its profile to baseline. Where it has none, look at the network between.',
    );
  }
  if (fps < lowFps) {
    advice.push(
      `People who walk by are seen a few times only at ${fps} pictures a second: 10 or more are good.`,
    );
  }
  if (measured.size_changes > 0) {
    advice.push('Its pictures change their size: set a fixed resolution in the camera.');
  }
  return advice;
}

/** Undefined where key frames come often enough, or nobody knows. */
function keyFrameRarity({ key_frames, key_frame_s, seconds }: CameraMeasurement): string | undefined {
  if (key_frame_s !== null) {
    return key_frame_s > longKeySeconds ? `A key frame comes every ${key_frame_s} s` : undefined;
  }
  if (key_frames === null || seconds <= longKeySeconds) return undefined;
  return `${key_frames === 0 ? 'No key frame' : 'One key frame'} came within ${seconds} s`;
}

/** A picture that has to wait for others is late by whole intervals; decoding alone, or a queue before it, is not the reason. */
function isReordered({
  encoding,
  decode_delay_ms,
  interval_ms,
  passed_over,
  pictures,
  cpu,
}: CameraMeasurement) {
  if (encoding !== 'h264' && encoding !== 'hevc') return false;
  const late = decode_delay_ms.p95;
  const work = cpu?.ms_per_picture ?? 0;
  return (
    late > longDelayMs && late > 1.8 * interval_ms.p50 && late > 3 * work && passed_over <= pictures / 20
  );
}
