import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { benchmarkApp, mediaPipe } from './peers.js';
import { agentProgram, bench, median, output, root, withMosquitto } from './program.js';

export interface Settings {
  /** One person or two at a time, 768x432. */
  clip: string;
  /** Turns of every comparison; the median counts. */
  rounds: number;
}

export interface Figure {
  id: string;
  what: string;
  measured: string;
  target: string;
  met: boolean;
}

const openPose = 'human-pose-estimation-0001';
const seconds = 8;

function ratioFigure(
  id: string,
  what: string,
  pairs: readonly (readonly [number, number])[],
  atLeast: number,
): Figure {
  const ratio = median(pairs.map(([ours, peer]) => ours / peer));
  const [ours, peer] = [median(pairs.map(([a]) => a)), median(pairs.map(([, b]) => b))];
  return {
    id,
    what,
    measured: `${ratio.toFixed(3)} (${ours.toFixed(1)} fps, peer ${peer.toFixed(1)} fps)`,
    target: `>= ${atLeast}`,
    met: ratio >= atLeast,
  };
}

async function modelPath(): Promise<string> {
  return (await output(process.execPath, [agentProgram, 'models', 'path', openPose])).trim();
}

/** Whole agent, files as fast as they come, over benchmark_app's throughput. */
async function throughput(
  id: string,
  what: string,
  clip: string,
  atLeast: number,
  { rounds }: Settings,
): Promise<Figure> {
  const model = await modelPath();
  return withMosquitto(async (mqtt) => {
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const args = ['--source', clip, '--model', openPose, '--mqtt', mqtt, '--rounds', '1'];
      const ours = await bench([...args, '--seconds', String(seconds)]);
      pairs.push([ours.fps, (await benchmarkApp(model, 'throughput', seconds)).fps]);
    }
    return ratioFigure(id, what, pairs, atLeast);
  });
}

export async function p1(settings: Settings): Promise<Figure> {
  return throughput('P1', 'whole agent / benchmark_app, 768x432', settings.clip, 0.95, settings);
}

export async function p2(settings: Settings): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'targets-'));
  try {
    const clip = join(folder, 'five.mp4');
    await output(join(root, 'scripts/make-sample'), ['--size', '1280x720', '--people', '5', '--out', clip]);
    return await throughput('P2', 'whole agent / benchmark_app, 1280x720, 5 people', clip, 0.92, settings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function p4({ clip, rounds }: Settings): Promise<Figure> {
  const model = await modelPath();
  return withMosquitto(async (mqtt) => {
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const peer = await benchmarkApp(model, 'latency', seconds);
      // The peer infers without a pause; at a camera's rate idle processors would take longer to wake than to decode.
      // Near the rate that the network can keep, waiting for it would be measured instead.
      const fps = Math.floor(650 / peer.medianMs);
      const ours = await bench(
        [
          '--source',
          clip,
          '--model',
          openPose,
          '--mqtt',
          mqtt,
          '--pace',
          'realtime',
          '--rounds',
          '1',
          '--seconds',
          '10',
        ],
        { EDGE_POSE_MODEL__MODE: 'latency', EDGE_POSE_CAMERAS__0__FPS: String(fps) },
      );
      pairs.push([ours.stages.total?.p50 ?? Number.NaN, peer.medianMs]);
    }
    const ratio = median(pairs.map(([ours, peer]) => ours / peer));
    return {
      id: 'P4',
      what: 'frame read to message handed to MQTT / benchmark_app median latency',
      measured: `${ratio.toFixed(3)} (${median(pairs.map(([a]) => a)).toFixed(1)} ms, peer ${median(pairs.map(([, b]) => b)).toFixed(1)} ms)`,
      target: '<= 1.15',
      met: ratio <= 1.15,
    };
  });
}

export async function p5({ clip, rounds }: Settings): Promise<Figure> {
  return withMosquitto(async (mqtt) => {
    const pairs: [number, number][] = [];
    for (let round = 0; round < rounds; round++) {
      const args = ['--source', clip, '--model', 'blazepose-full', '--mqtt', mqtt, '--rounds', '1'];
      const ours = await bench([...args, '--seconds', String(seconds)], { EDGE_POSE_MODEL__MAX_PEOPLE: '1' });
      pairs.push([ours.fps, await mediaPipe(clip, 400)]);
    }
    return ratioFigure('P5', 'BlazePose full, one person / MediaPipe Python', pairs, 2);
  });
}

/** Memory and CPU time come from the same run. */
export async function p6and7({ clip, rounds }: Settings): Promise<Figure[]> {
  return withMosquitto(async (mqtt) => {
    const args = ['--source', clip, '--model', openPose, '--mqtt', mqtt, '--seconds', String(seconds)];
    const { memory_mb, cpu_ms } = await bench([...args, '--rounds', String(rounds)]);
    const parts = [memory_mb.agent, memory_mb.worker, memory_mb.capture];
    const memory = parts.reduce((sum, part) => sum + part);
    return [
      {
        id: 'P6',
        what: 'resident memory of all processes',
        measured: `${memory.toFixed(0)} MB (${parts.map((part) => part.toFixed(0)).join(' + ')})`,
        target: '<= 350 MB',
        met: memory <= 350,
      },
      {
        id: 'P7',
        what: 'CPU time a frame of everything but inference',
        measured: `${cpu_ms.rest.toFixed(2)} ms (${cpu_ms.frame.toFixed(2)} - ${cpu_ms.network.toFixed(2)})`,
        target: '<= 2.0 ms',
        met: cpu_ms.rest <= 2,
      },
    ];
  });
}

/** Process start to the first pose message, with compiled model and file caches warm. */
export async function p8({ clip, rounds }: Settings): Promise<Figure> {
  const folder = mkdtempSync(join(tmpdir(), 'targets-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ device_id: 'targets' }));
  return withMosquitto(async (mqtt) => {
    const client = await connectAsync(mqtt);
    await client.subscribeAsync('edgepose/v1/targets/cam/+/pose');
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const begin = performance.now();
      const first = new Promise<number>((resolve) =>
        client.once('message', () => resolve(performance.now() - begin)),
      );
      const args = [
        agentProgram,
        'run',
        '--config',
        config,
        '--source',
        clip,
        '--model',
        openPose,
        '--mqtt',
        mqtt,
      ];
      const agent = spawn(process.execPath, args, { stdio: 'ignore' });
      times.push(await first);
      const ended = new Promise((resolve) => agent.once('exit', resolve));
      agent.kill('SIGTERM');
      await ended;
    }
    await client.endAsync();
    rmSync(folder, { recursive: true });
    const ms = median(times.slice(1)); // the first warms the caches
    return {
      id: 'P8',
      what: 'process start to first pose on MQTT, warm cache',
      measured: `${(ms / 1000).toFixed(2)} s`,
      target: '<= 1.5 s',
      met: ms <= 1500,
    };
  });
}
