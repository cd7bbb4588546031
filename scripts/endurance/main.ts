import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { connectAsync } from 'mqtt';
import { agentProgram, withMosquitto } from '../targets/program.js';
import { minuteMinima, slopePerHour } from './growth.js';
import { childOf, type ProcessSample, sampleProcess } from './process-sample.js';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '20' },
    /** Left out of the verdict: caches fill, the compilers finish. */
    'warm-up': { type: 'string', default: '3' },
    source: { type: 'string', default: 'sample:' },
    model: { type: 'string', default: 'auto' },
    csv: { type: 'string', default: join(tmpdir(), 'soak.csv') },
  },
});
const minutes = Number(values.minutes);
const warmUp = Number(values['warm-up']);
if (!(minutes > warmUp)) throw new Error('--minutes: expected more than the warm-up');

interface Sample {
  agent: ProcessSample;
  worker: ProcessSample;
}

await withMosquitto(async (mqtt) => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify({ device_id: 'soak', log: { level: 'warn' } }));
  const client = await connectAsync(mqtt);
  await client.subscribeAsync('edgepose/v1/soak/cam/+/pose');
  let poses = 0;
  client.on('message', () => {
    poses++;
  });
  const { source, model } = values;
  const args = ['run', '--config', config, '--source', source, '--model', model, '--pace', 'max'];
  const agent = spawn(process.execPath, [agentProgram, ...args, '--mqtt', mqtt], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise((resolve) => agent.once('exit', resolve));
  try {
    while (poses === 0 && agent.exitCode === null) await sleep(100);
    const samples = await watch(agent.pid as number, () => poses);
    process.exitCode = judge(samples) ? 0 : 1;
  } finally {
    agent.kill('SIGTERM');
    await exited;
    await client.endAsync();
    rmSync(folder, { recursive: true });
  }
});

/** Samples both processes once a second and tells of every minute. */
async function watch(agentPid: number, poses: () => number): Promise<Sample[]> {
  const workerPid = childOf(agentPid);
  if (workerPid === undefined) throw new Error('the agent ended before its first pose: see its words above');
  writeFileSync(
    values.csv,
    'second,poses,agent_mb,worker_mb,agent_fds,worker_fds,agent_threads,worker_threads\n',
  );
  const samples: Sample[] = [];
  const begin = performance.now();
  for (let second = 1; second <= minutes * 60; second++) {
    await sleep(begin + second * 1000 - performance.now());
    const sample = { agent: sampleProcess(agentPid), worker: sampleProcess(workerPid) };
    samples.push(sample);
    const { agent, worker } = sample;
    const row = [second, poses(), agent.rssMb.toFixed(2), worker.rssMb.toFixed(2)];
    row.push(agent.fds, worker.fds, agent.threads, worker.threads);
    appendFileSync(values.csv, `${row.join(',')}\n`);
    if (second % 60 === 0) tellMinute(samples, poses());
  }
  return samples;
}

function tellMinute(samples: readonly Sample[], poses: number): void {
  const least = minuteMinima(samples.map(resident)).at(-1) as number;
  const { agent, worker } = samples.at(-1) as Sample;
  process.stdout.write(
    `${samples.length / 60} min: ${poses} poses, least of the minute ${least.toFixed(1)} MiB, ` +
      `${agent.fds} + ${worker.fds} descriptors, ${agent.threads} + ${worker.threads} threads\n`,
  );
}

function resident({ agent, worker }: Sample): number {
  return agent.rssMb + worker.rssMb;
}

/** Prints what was reached; true where it is within the limits. */
function judge(all: readonly Sample[]): boolean {
  const samples = all.slice(warmUp * 60);
  const minima = minuteMinima(samples.map(resident));
  const growth = Math.max(...minima) - (minima[0] as number);
  const slope = slopePerHour(minima);
  const spread = (of: (sample: Sample) => number): string => {
    const found = samples.map(of);
    return `${Math.min(...found)} to ${Math.max(...found)}`;
  };
  process.stdout.write(
    `after ${warmUp} min: least of a minute ${(minima[0] as number).toFixed(1)} MiB at first, ` +
      `at most ${growth.toFixed(1)} MiB more later, slope ${slope.toFixed(2)} MiB/h\n` +
      `descriptors: agent ${spread((s) => s.agent.fds)}, worker ${spread((s) => s.worker.fds)}\n` +
      `threads: agent ${spread((s) => s.agent.threads)}, worker ${spread((s) => s.worker.threads)}\n`,
  );
  // Over half an hour or less the slope is that of the noise.
  const limit = minutes <= 30 ? growth <= 3 : slope <= 3;
  process.stdout.write(limit ? 'met: growth within 3 MiB\n' : 'MISSED: growth over 3 MiB\n');
  return limit;
}
