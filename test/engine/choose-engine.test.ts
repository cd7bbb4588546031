import t from 'tap';
import { chooseDevice, chooseEngine } from '../../src/engine/choose-engine.js';
import { inspectModel } from '../../src/engine/inspect-model.js';
import { isBuilt } from '../../src/engine/load-addon.js';
import { reads, requireReadable } from '../../src/engine/readable-formats.js';

t.test('auto is what is built, OpenVINO first', async (t) => {
  const choose = (...built: string[]) => chooseEngine('auto', (name) => built.includes(name));
  t.equal(choose('tensorrt'), 'tensorrt');
  t.equal(choose('openvino'), 'openvino');
  t.equal(choose('tensorrt', 'openvino'), 'openvino');
  t.equal(choose(), 'openvino', 'whose loading says what to do');
  t.equal(
    chooseEngine('tensorrt', () => false),
    'tensorrt',
    'one asked for by name is never replaced',
  );
});

t.test('an addon is built where its file is, in a folder of the user too', async (t) => {
  const before = process.env.EDGE_POSE_NATIVE_DIR;
  t.teardown(() => {
    if (before === undefined) delete process.env.EDGE_POSE_NATIVE_DIR;
    else process.env.EDGE_POSE_NATIVE_DIR = before;
  });
  process.env.EDGE_POSE_NATIVE_DIR = t.testdir({ 'tensorrt.node': 'not looked into' });
  t.equal(isBuilt('tensorrt'), true);
});

t.test('each engine has devices of its own', async (t) => {
  t.equal(chooseDevice('openvino', 'auto'), 'CPU');
  t.equal(chooseDevice('tensorrt', 'auto'), 'GPU');
  for (const device of ['CPU', 'GPU', 'GPU.1', 'NPU', 'AUTO'])
    t.equal(chooseDevice('openvino', device), device);
  for (const device of ['GPU', 'GPU.0', 'DLA.1']) t.equal(chooseDevice('tensorrt', device), device);
  for (const device of ['CPU', 'NPU', 'AUTO']) {
    t.throws(() => chooseDevice('tensorrt', device), {
      code: 'ENGINE_OPTION_INVALID',
      message: `model.device is ${device}, and the engine here is tensorrt: write auto or GPU, or one of several devices like GPU.1 or DLA.0`,
    });
  }
  t.throws(() => chooseDevice('openvino', 'DLA.0'), { code: 'ENGINE_OPTION_INVALID' });
});

t.test('formats are told by the names of files', async (t) => {
  for (const path of ['net.xml', 'net.onnx', 'net.tflite', 'net'])
    t.equal(reads('openvino', path), true, path);
  for (const path of ['net.onnx', '/a.b/NET.ONNX']) t.equal(reads('tensorrt', path), true, path);
  for (const path of ['net.xml', 'net.tflite', 'net.onnx.xml', 'net'])
    t.equal(reads('tensorrt', path), false, path);
  t.throws(() => requireReadable('tensorrt', '/models/net.xml', 'hall'), {
    code: 'MODEL_FORMAT_UNSUPPORTED',
    message: 'hall: net.xml is no ONNX file, and tensorrt reads nothing else',
  });
});

t.test('an engine that is not here says so before anything of the model', async (t) => {
  if (isBuilt('tensorrt')) return t.pass('it is here', { skip: 'TensorRT is built on this machine' });
  await t.rejects(inspectModel('tensorrt', '/models/net.xml'), { code: 'ENGINE_NOT_BUILT' });
});
