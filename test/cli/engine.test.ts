import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentProcess, type AgentResult } from '../support/agent-process.js';
import { writeOwnModel } from '../support/own-model.js';
import { scriptedEngine } from '../support/scripted-engine.js';

/** Runs a command on a machine whose TensorRT builds plans. */
async function run(t: Test, args: readonly string[], model: object = {}): Promise<AgentResult> {
  const environment = scriptedEngine(join(t.testdirName, 'native'), { buildSeconds: 1 });
  const config = { model: { engine: 'tensorrt', ...model }, mqtt: { embedded_port: 0 } };
  const agent = new AgentProcess(args, config, { environment });
  const result = await agent.done;
  await agent.remove();
  return result;
}

t.test('a pipe is told of a plan once when it begins and once when it is done', async (t) => {
  const id = await writeOwnModel(t.testdir(), 'hall');
  const lines =
    /^building the plan of hall \(hall\.onnx\): that may take minutes\nthe plan of hall \(hall\.onnx\) is built: 1 s\n$/;
  const bench = await run(t, ['bench', '--json', '--rounds', '1', '--seconds', '0.5'], { id });
  t.equal(bench.code, 0, bench.stderr);
  t.match(JSON.parse(bench.stdout), { engine: 'tensorrt', device: 'scripted' });
  t.match(bench.stderr, lines);
  const picture = join(t.testdirName, 'out.png');
  const annotate = await run(t, ['annotate', 'sample:', picture], { id });
  t.equal(annotate.code, 0, annotate.stderr);
  t.match(annotate.stderr, lines);
  const validate = await run(t, ['validate', '--against', id, '--clip', 'sample:', '--limit', '2'], { id });
  t.match(validate.stderr, /building the plan of hall/);
});

t.test('what TensorRT cannot run is refused before it gets it', async (t) => {
  const id = await writeOwnModel(t.testdir(), 'hall', { format: 'ir' });
  for (const args of [['run'], ['bench'], ['annotate', 'sample:', 'out.png'], ['models', 'add', id]]) {
    const { code, stderr } = await run(t, args, { id });
    t.equal(code, 3, stderr);
    t.match(
      stderr,
      /hall\.xml is no ONNX file, and tensorrt reads nothing else(.|\n)*convert ID --to onnx/,
      String(args[0]),
    );
    t.match(stderr, /MODEL_FORMAT_UNSUPPORTED/);
  }
  const auto = await run(t, ['run']);
  t.equal(auto.code, 3);
  t.match(auto.stderr, /model auto: the engine of this machine reads the files of neither/);
  const cpu = await run(t, ['run', '--device', 'CPU'], { id });
  t.equal(cpu.code, 2);
  t.match(cpu.stderr, /model\.device: expected auto or GPU/);
});

t.test('doctor looks at the engine that is meant', async (t) => {
  const id = await writeOwnModel(t.testdir(), 'hall');
  const findings = async (model: object) => {
    const { stdout } = await run(t, ['doctor', '--json'], { id, ...model });
    const all = JSON.parse(stdout) as { check: string; verdict: string; found: string }[];
    return (check: string) => all.find((finding) => finding.check === check);
  };
  const usual = await findings({});
  t.match(usual('engine tensorrt'), { verdict: 'ok', found: '10.0; devices: GPU.0 (scripted)' });
  t.match(usual('model'), { verdict: 'ok', found: 'hall' });
  const dla = await findings({ device: 'DLA.0' });
  t.match(dla('engine tensorrt'), { verdict: 'failed', found: /DLA\.0 is configured; seen: GPU\.0/ });
});
