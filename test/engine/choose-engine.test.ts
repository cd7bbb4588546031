import t from 'tap';
import { chooseDevice, chooseEngine } from '../../src/engine/choose-engine.js';
import { inspectModel } from '../../src/engine/inspect-model.js';
import { isBuilt } from '../../src/engine/load-addon.js';
import { openSession } from '../../src/engine/session.js';
import { blazeposeOptions } from '../support/blazepose-options.js';

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

t.test('what TensorRT does not read is refused before it is loaded', async (t) => {
  const error = {
    code: 'MODEL_FORMAT_UNSUPPORTED',
    message: /net\.xml is no ONNX file, and tensorrt reads nothing/,
  };
  await t.rejects(inspectModel('tensorrt', '/models/net.xml'), error);
  const options = await blazeposeOptions(t.testdir());
  await t.rejects(openSession('tensorrt', { ...options, model: '/models/net.xml' }), error);
  await t.rejects(openSession('tensorrt', { ...options, model: '/models/net.onnx' }), {
    code: 'MODEL_FORMAT_UNSUPPORTED',
    message: /detect.*\.tflite is no ONNX file/,
  });
});
