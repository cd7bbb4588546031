import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { missingDecoderPackages } from '../../src/camera/missing-decoder-packages.js';
import { makeJetsonTree } from '../support/jetson-tree.js';

const folder = 'usr/lib/aarch64-linux-gnu/gstreamer-1.0';
const plugins = [
  'nvvideo4linux2',
  'nvvidconv',
  'app',
  'playback',
  'rtsp',
  'rtp',
  'rtpmanager',
  'videoparsersbad',
];

t.test('every plugin of the pipeline has to be there', (t) => {
  const root = makeJetsonTree(
    t.testdir(),
    Object.fromEntries(plugins.map((name) => [`${folder}/libgst${name}.so`, ''])),
  );
  t.strictSame(missingDecoderPackages(root), []);
  rmSync(join(root, folder, 'libgstrtp.so'));
  rmSync(join(root, folder, 'libgstrtsp.so'));
  t.strictSame(missingDecoderPackages(root), ['gstreamer1.0-plugins-good']);
  t.strictSame(missingDecoderPackages(t.testdir()), [
    'nvidia-l4t-gstreamer',
    'gstreamer1.0-plugins-base',
    'gstreamer1.0-plugins-good',
    'gstreamer1.0-plugins-bad',
  ]);
  t.end();
});
