import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { processCpuMs } from '../../src/cli/process-cpu.js';
import { AgentProcess } from '../../test/support/agent-process.js';
import { playFile, startGstreamerServer } from '../../test/support/gstreamer-rtsp-server.js';
import { MjpegServer } from '../../test/support/mjpeg-server.js';
import { MqttObserver } from '../../test/support/mqtt-observer.js';
import { childrenOf } from '../../test/support/processes.js';
import { writeReplayModel } from '../../test/support/replay-model.js';
import { waitFor } from '../../test/support/wait-for.js';
import { agentProgram, median, root, withMosquitto } from './program.js';

/**
 * What one live camera costs: CPU time a frame and memory of all processes of the agent, with a network that has the usual
 * input (456x256) and infers nothing. Beside it, in turn, another build of the agent.
 */
const { values } = parseArgs({
  options: {
    before: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '8' },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
if (!(rounds >= 1 && seconds >= 1)) throw new Error('--rounds and --seconds: expected 1 or more');

const fps = 25;
const settleSeconds = 3;
const limitMs = 30_000;
const sizes = { '1280x720': '2M', '1920x1080': '4M', '3840x2160': '12M' } as const;
const programs = {
  now: agentProgram,
  ...(values.before !== undefined && { before: join(resolve(values.before), 'dist/cli/main.js') }),
};

interface Cost {
  /** CPU time a pose that was published, ms. */
  cpuMs: number;
  /** Proportional set size, MB. */
  memoryMb: number;
}

interface Camera {
  what: string;
  source: string;
  stop: () => unknown;
}

const folder = mkdtempSync(join(tmpdir(), 'cameras-'));
try {
  const model = await writeReplayModel({
    folder,
    name: 'nobody',
    format: 'ir',
    input: { batch: 1, height: 256, width: 456 },
    outputs: Object.entries({ heatmaps: [1, 19, 32, 57], pafs: [1, 38, 32, 57] }).map(([name, shape]) => ({
      name,
      shape,
      data: new Float32Array(shape.reduce((product, side) => product * side)),
    })),
  });
  process.stdout.write('| camera | CPU a frame, ms | before | ratio | memory, MB | before |\n');
  process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
  for (const start of [startH264, startMjpeg]) {
    for (const [size, rate] of Object.entries(sizes)) {
      const camera = await start(size, rate);
      try {
        process.stdout.write(`${await compare(camera, model)}\n`);
      } finally {
        camera.stop();
      }
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** The sample clip in another size, over and over. */
async function convert(size: string, ...options: readonly string[]): Promise<void> {
  const input = ['-loglevel', 'error', '-stream_loop', '-1', '-i', join(root, 'media/sample.mp4')];
  await promisify(execFile)('ffmpeg', [...input, '-r', `${fps}`, '-s', size, '-an', ...options]);
}

/** H.264 over RTSP without B-frames, as most cameras send it. */
async function startH264(size: string, rate: string): Promise<Camera> {
  const file = join(folder, `${size}.mp4`);
  const encoder = ['-c:v', 'libx264', '-preset', 'veryfast', '-bf', '0', '-g', '50', '-pix_fmt', 'yuv420p'];
  // From the opening until the agent is stopped, and some.
  const length = ['-t', `${2 * (settleSeconds + seconds) + 10}`];
  await convert(size, ...encoder, '-b:v', rate, '-maxrate', rate, '-bufsize', rate, ...length, file);
  const server = await startGstreamerServer({
    streams: { '/': playFile(file, 'h264') },
    transports: ['tcp'],
  });
  return { what: `H.264, ${size}`, source: `rtsp://127.0.0.1:${server.port}/`, stop: server.stop };
}

async function startMjpeg(size: string): Promise<Camera> {
  await convert(size, '-q:v', '4', '-pix_fmt', 'yuvj420p', '-t', '2', join(folder, `${size}-%03d.jpg`));
  const names = readdirSync(folder).filter((name) => name.startsWith(`${size}-`));
  const pictures = names.map((name) => readFileSync(join(folder, name)));
  const server = await new MjpegServer({ fps }).start();
  let number = 0;
  server.next = () => ({ body: pictures[number++ % pictures.length] as Buffer });
  return { what: `MJPEG, ${size}`, source: server.url, stop: () => server.stop() };
}

/** A row of the table. */
async function compare({ what, source }: Camera, model: string): Promise<string> {
  const found: Partial<Record<keyof typeof programs, Cost[]>> = {};
  for (let round = 0; round < rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}: round ${round + 1}, ${name} …`);
      const cost = await measure(program, source, model);
      found[name as keyof typeof programs] = [...(found[name as keyof typeof programs] ?? []), cost];
    }
  }
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  const { now = [], before } = found;
  const cpu = (costs: readonly Cost[]): string => spread(costs.map(({ cpuMs }) => cpuMs));
  const memory = (costs: readonly Cost[]): string => median(costs.map(({ memoryMb }) => memoryMb)).toFixed(0);
  const ratios = before?.map(({ cpuMs }, round) => (now[round] as Cost).cpuMs / cpuMs);
  const cells = [
    what,
    cpu(now),
    before ? cpu(before) : '',
    ratios ? spread(ratios) : '',
    memory(now),
    before ? memory(before) : '',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Median (least-most). */
function spread(numbers: readonly number[]): string {
  const [middle, least, most] = [median(numbers), Math.min(...numbers), Math.max(...numbers)];
  return `${middle.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}

async function measure(program: string, source: string, model: string): Promise<Cost> {
  return withMosquitto(async (mqtt) => {
    const topic = 'edgepose/v1/test-box/cam/cam0/pose';
    const observer = await MqttObserver.connect(mqtt, topic);
    const config = { model: { id: model }, cameras: [{ id: 'cam0', source }], log: { level: 'error' } };
    const agent = new AgentProcess(['run', '--mqtt', mqtt], config, { program });
    const pid = agent.child.pid as number;
    const poses = (): number => observer.of(topic).length;
    try {
      await waitFor('poses come', () => poses() > 0, limitMs);
      await sleep(settleSeconds * 1000);
      const processes = treeOf(pid);
      const [cpuBefore, posesBefore] = [sum(processes.map(processCpuMs)), poses()];
      await sleep(seconds * 1000);
      const frames = poses() - posesBefore;
      const cpuMs = sum(processes.map(processCpuMs)) - cpuBefore;
      if (frames < (fps * seconds) / 2) throw new Error(`${frames} poses in ${seconds} s of ${fps} a second`);
      return { cpuMs: cpuMs / frames, memoryMb: sum(processes.map(memoryMbOf)) };
    } catch (error) {
      process.stderr.write(`${agent.stdout.slice(-2000)}${agent.stderr.slice(-2000)}\n`);
      throw error;
    } finally {
      await agent.remove();
      await observer.close();
    }
  });
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function memoryMbOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1]) / 1024;
}
