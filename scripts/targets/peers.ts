import { dirname, join } from 'node:path';
import { output, python } from './program.js';

/** OpenVINO's own benchmark_app on the bare network. */
export async function benchmarkApp(
  model: string,
  hint: 'throughput' | 'latency',
  seconds: number,
): Promise<{ fps: number; medianMs: number }> {
  const program = join(dirname(python), 'benchmark_app');
  const text = await output(program, ['-m', model, '-d', 'CPU', '-hint', hint, '-t', String(seconds)]);
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  return { fps: number(/Throughput:\s+([\d.]+) FPS/), medianMs: number(/Median:\s+([\d.]+) ms/) };
}

/** MediaPipe's Python pose solution over a clip, video decoding included, as its users run it. */
export async function mediaPipe(clip: string, frames: number): Promise<number> {
  const text = await output(python, [join(import.meta.dirname, 'mediapipe_fps.py'), clip, String(frames)]);
  return Number(text.trim().split('\n').at(-1));
}
