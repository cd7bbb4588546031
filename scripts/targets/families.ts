import { join } from 'node:path';
import { median, output, root } from './program.js';

/** Decoders are measured so often; their median counts. */
const repetitions = 5;
const crowds = [1, 5, 20] as const;

/** A decoder as our benchmarks and the references' programs call it. */
interface Decoder {
  title: string;
  benchmark: string;
  /** In decoder_references.py; '' where no package on PyPI has it. */
  reference: string;
  target?: string;
}

const decoders: readonly Decoder[] = [
  { title: 'OpenPose PAF', benchmark: 'BM_DecodeOpenPose', reference: 'openpose', target: '≤ 100 µs at 1' },
  {
    title: 'associative embedding',
    benchmark: 'BM_DecodeAssociativeEmbedding',
    reference: 'associative_embedding',
    target: '≤ 500 µs at 5',
  },
  { title: 'trt_pose', benchmark: 'BM_DecodeTrtPose', reference: '' },
  ...(['quarter', 'dark', 'dark_udp', 'alphapose'] as const).map((refine) => ({
    title: `heatmap, ${refine}`,
    benchmark: `BM_DecodeHeatmapsGolden/${refine}`,
    reference: refine === 'alphapose' ? '' : refine,
    target: '≤ 20 µs a person',
  })),
  ...(['min', 'mean'] as const).map((score) => ({
    title: `SimCC, ${score}`,
    benchmark: `BM_DecodeSimccGolden/${score}`,
    reference: `simcc ${score}`,
    target: '≤ 5 µs a person',
  })),
];

/** A network of the notes that the project began with, on the same architecture. */
interface Network {
  file: string;
  title: string;
  notes: string;
}

const networks: readonly Network[] = [
  {
    file: 'alphapose-fastpose',
    title: 'AlphaPose (SE-ResNet-50, DUC), a crop',
    notes: '26 ms, decode 233 ms',
  },
  { file: 'hrnet-w32-top-down', title: 'HRNet-W32 top-down, a crop', notes: '238 ms a person' },
  { file: 'resnet50-top-down', title: 'SimpleBaseline ResNet-50, a crop', notes: '61 ms a person' },
  { file: 'hrnet-w32-bottom-up', title: 'HRNet-W32 bottom-up, 512x512', notes: '330 ms (network 290)' },
  { file: 'trt-pose-resnet18', title: 'trt_pose ResNet-18, 224x224', notes: '' },
];

interface BenchmarkRun {
  name: string;
  aggregate_name?: string;
  cpu_time: number;
}

/** Microseconds of CPU time by benchmark and people. */
async function ourTimes(): Promise<Map<string, number>> {
  const text = await output(join(root, 'build/bench/native/bench/pose_bench'), [
    '--benchmark_filter=BM_Decode',
    `--benchmark_repetitions=${repetitions}`,
    '--benchmark_report_aggregates_only=true',
    '--benchmark_min_time=0.1',
    '--benchmark_format=json',
  ]);
  // The spread of a counter that is 0 is written as NaN, which is no JSON.
  const { benchmarks } = JSON.parse(text.replaceAll(/: NaN\b/g, ': null')) as { benchmarks: BenchmarkRun[] };
  const medians = benchmarks.filter(({ aggregate_name }) => aggregate_name === 'median');
  return new Map(medians.map(({ name, cpu_time }) => [name.replace(/_median$/, ''), cpu_time]));
}

interface ReferenceTime {
  decoder: string;
  reference: string;
  version: string;
  people: number;
  microseconds: number;
}

async function referenceTimes(): Promise<ReferenceTime[]> {
  const python = join(root, '.runtime/decoder-references/bin/python');
  const program = join(import.meta.dirname, 'decoder_references.py');
  const text = await output(python, [program], { OMP_NUM_THREADS: '1' });
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as ReferenceTime);
}

async function networkTimes({ file }: Network): Promise<{ latencyMs: number; fps: number }> {
  const program = join(root, '.runtime/benchmark-app/bin/benchmark_app');
  const model = join(root, `.runtime/networks/onnx/${file}.onnx`);
  const run = async (hint: string, pattern: RegExp): Promise<number> => {
    const values: number[] = [];
    for (let round = 0; round < 3; round++) {
      const text = await output(program, ['-m', model, '-d', 'CPU', '-hint', hint, '-t', '4']);
      const value = Number(pattern.exec(text)?.[1]);
      if (Number.isNaN(value))
        throw new Error(`benchmark_app says nothing like ${pattern}:\n${text.slice(-1000)}`);
      values.push(value);
    }
    return median(values);
  };
  return {
    latencyMs: await run('latency', /Median:\s+([\d.]+) ms/),
    fps: await run('throughput', /Throughput:\s+([\d.]+) FPS/),
  };
}

function row(cells: readonly string[]): void {
  process.stdout.write(`| ${cells.join(' | ')} |\n`);
}

function rounded(microseconds: number | undefined): string {
  if (microseconds === undefined) return '–';
  return microseconds < 10 ? microseconds.toFixed(1) : String(Math.round(microseconds));
}

row(['decoder, µs of one core at 1 / 5 / 20 people', 'ours', 'target', 'reference', 'µs']);
row(['---', '---', '---', '---', '---']);
const [ours, references] = [await ourTimes(), await referenceTimes()];
for (const { title, benchmark, reference, target = '' } of decoders) {
  const times = references.filter(({ decoder }) => decoder === reference);
  const source = times[0] === undefined ? 'none on PyPI' : `${times[0].reference}, ${times[0].version}`;
  const figures = times.map(({ people, microseconds }) => `${rounded(microseconds)} (${people})`);
  row([
    title,
    crowds.map((people) => rounded(ours.get(`${benchmark}/${people}`))).join(' / '),
    target,
    source,
    figures.join(', ') || '–',
  ]);
}

process.stdout.write('\n');
row(['network, random weights', 'latency', 'rate', 'the notes']);
row(['---', '---', '---', '---']);
for (const network of networks) {
  const { latencyMs, fps } = await networkTimes(network);
  row([network.title, `${latencyMs.toFixed(1)} ms`, `${fps.toFixed(1)} /s`, network.notes]);
}
