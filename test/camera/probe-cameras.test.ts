import { join } from 'node:path';
import t from 'tap';
import { probeCameras } from '../../src/camera/probe-cameras.js';

t.test('cameras are listed by number, with the driver’s name', (t) => {
  const folder = t.testdir({
    dev: { video10: '', video2: '', null: '', 'video-note': '' },
    sys: {
      video2: { name: 'HD Webcam C615\n', index: '0\n' },
      video10: { name: 'HD Webcam C615\n', index: '1\n' },
    },
  });
  const devFolder = join(folder, 'dev');
  const cameras = probeCameras({ devFolder, sysFolder: join(folder, 'sys') });
  t.strictSame(cameras, [
    { device: join(devFolder, 'video2'), name: 'HD Webcam C615', isFirstNode: true, problem: '' },
    { device: join(devFolder, 'video10'), name: 'HD Webcam C615', isFirstNode: false, problem: '' },
  ]);
  const nameless = probeCameras({ devFolder, sysFolder: join(folder, 'none') });
  t.match(nameless[0], { name: null, isFirstNode: null });
  t.end();
});

t.test('a machine without cameras has an empty list', (t) => {
  t.strictSame(probeCameras({ devFolder: join(t.testdir(), 'none') }), []);
  t.ok(Array.isArray(probeCameras()));
  t.end();
});

t.test('what may not be opened comes with a remedy', (t) => {
  const folder = t.testdir({ video0: t.fixture('symlink', 'gone'), video1: '' });
  const denied = probeCameras({
    devFolder: folder,
    access: (path) => {
      if (path.endsWith('video1')) throw Object.assign(new Error('denied'), { code: 'EACCES' });
      throw Object.assign(new Error('gone'), { code: 'ENOENT' });
    },
  });
  t.match(denied[0], { problem: 'cannot be reached (ENOENT)' });
  t.match(denied[1], { problem: /no permission: run `sudo usermod -aG \S+ \$USER` and log in again/ });
  t.end();
});
