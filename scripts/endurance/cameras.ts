import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { AgentProcess } from '../../test/support/agent-process.js';
import { MjpegServer } from '../../test/support/mjpeg-server.js';
import { MqttObserver } from '../../test/support/mqtt-observer.js';
import { startRtspServer } from '../../test/support/rtsp-server.js';
import { writeTransportStream } from '../../test/support/transport-stream.js';
import { waitFor } from '../../test/support/wait-for.js';
import { median, withMosquitto } from '../targets/program.js';
import { sampleTree, type TreeSample } from './process-sample.js';

/**
 * Four cameras, one of which goes and comes again and again, for hours. What the agent's processes hold is looked at when all
 * four are there: it must be the same at the end as at the beginning.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    /** Left out of the verdict: caches fill, the compilers finish. */
    'warm-up': { type: 'string', default: '3' },
    /** Seconds from one going of the fourth camera to the next, at least. */
    every: { type: 'string', default: '20' },
  },
});
const minutes = Number(values.minutes);
const warmUp = Number(values['warm-up']);
const everyMs = Number(values.every) * 1000;
if (!(minutes > warmUp)) throw new Error('--minutes: expected more than the warm-up');

const fps = 3;
/** For a camera to come or go. It is tried again every 2 s, so that even a busy machine has time. */
const limitMs = 120_000;
const cams = ['rtsp1', 'rtsp2', 'steady', 'flapping'] as const;
const base = 'edgepose/v1/soak';

await withMosquitto(async (mqtt) => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const file = join(folder, 'stream.ts');
  await writeTransportStream(file, { frames: 20 * fps, fps });
  const servers = [
    await startRtspServer({ file, seconds: 20 }),
    await startRtspServer({ file, seconds: 20 }),
  ];
  const steady = await new MjpegServer({ fps }).start();
  let flapping = await new MjpegServer({ fps }).start();
  const { port, url } = flapping;
  const sources = [...servers.map((server) => `rtsp://127.0.0.1:${server.port}/`), steady.url, url];
  const observer = await MqttObserver.connect(mqtt, `${base}/cam/+/status`);
  const agent = new AgentProcess(['run', '--mqtt', mqtt], {
    device_id: 'soak',
    log: { level: 'warn' },
    cameras: cams.map((id, i) => ({ id, source: sources[i] })),
  });
  const statusOf = (id: string): unknown => observer.last(`${base}/cam/${id}/status`)?.status;
  try {
    const samples: TreeSample[] = [];
    const begin = performance.now();
    const passedMin = (): number => (performance.now() - begin) / 60_000;
    for (let cycle = 1; passedMin() < minutes; cycle++) {
      const nextMs = performance.now() + everyMs;
      await waitFor('all cameras online', () => cams.every((id) => statusOf(id) === 'online'), limitMs);
      await sleep(2000);
      const sample = sampleTree(agent.child.pid as number);
      if (passedMin() >= warmUp) samples.push(sample);
      if (cycle % 15 === 1) tell(passedMin(), cycle, sample);
      await flapping.stop();
      await waitFor('the fourth offline', () => statusOf('flapping') !== 'online', limitMs);
      await sleep(Math.max(0, nextMs - performance.now() - everyMs / 4));
      flapping = await new MjpegServer({ fps, port }).start();
      await sleep(Math.max(0, nextMs - performance.now()));
    }
    process.exitCode = judge(samples) ? 0 : 1;
  } catch (error) {
    const statuses = cams.map((id) => `${id} ${statusOf(id)}`).join(', ');
    process.stderr.write(
      `${statuses}; what the agent said last:\n${agent.stdout.slice(-4000)}${agent.stderr}\n`,
    );
    throw error;
  } finally {
    await observer.close();
    await agent.remove();
    await flapping.stop();
    await steady.stop();
    for (const server of servers) server.process.kill();
    rmSync(folder, { recursive: true });
  }
});

function tell(passedMin: number, cycle: number, sample: TreeSample): void {
  const { processes, fds, threads, sharedMemories, rssMb } = sample;
  process.stdout.write(
    `${passedMin.toFixed(0)} min, gone ${cycle - 1} times: ${processes} processes, ${fds} descriptors, ` +
      `${threads} threads, ${sharedMemories} shared memories, ${rssMb.toFixed(0)} MiB\n`,
  );
}

/** Prints what was held from the least to the most; true where it is the same at the end. */
function judge(samples: readonly TreeSample[]): boolean {
  if (samples.length === 0) throw new Error('no sample after the warm-up: give it more --minutes');
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  let constant = true;
  for (const what of ['processes', 'fds', 'threads', 'sharedMemories', 'rssMb'] as const) {
    const found = samples.map((sample) => sample[what]);
    const first = median(found.slice(0, quarter));
    const last = median(found.slice(-quarter));
    // Memory breathes with the collector: it is told, and judged by the run with a recording.
    if (what !== 'rssMb') constant &&= first === last;
    process.stdout.write(
      `${what}: ${Math.min(...found).toFixed(0)} to ${Math.max(...found).toFixed(0)}, ` +
        `median of the first quarter ${first.toFixed(0)}, of the last ${last.toFixed(0)}\n`,
    );
  }
  process.stdout.write(
    constant ? 'met: the same at the end as at the beginning\n' : 'MISSED: not the same at the end\n',
  );
  return constant;
}
