import { join } from 'node:path';
import t from 'tap';
import { runAgent } from '../support/agent-process.js';
import { freePort } from '../support/free-port.js';
import { startOnvifCamera } from '../support/onvif-camera.js';
import { startRtspServer } from '../support/rtsp-server.js';
import { writeTransportStream } from '../support/transport-stream.js';

t.test(
  'the agent reads an ONVIF camera at the stream that fits its model',
  { timeout: 60_000 },
  async (t) => {
    const file = join(t.testdir(), 'stream.ts');
    await writeTransportStream(file, { frames: 50, fps: 25 });
    const stream = await startRtspServer({ file, seconds: 2, credentials: 'bob:c4n@ry' });
    t.teardown(() => stream.process.kill('SIGKILL'));
    const profile = (token: string, width: number, height: number) => {
      return { token, name: token, encoding: 'H264', width, height, fps: 25, path: `/${token}` };
    };
    const login = { username: 'bob', password: 'c4n@ry' };
    const camera = await startOnvifCamera({
      profiles: [profile('main', 1920, 1080), profile('sub', 640, 360), profile('small', 400, 300)],
      streamPort: stream.port,
      login,
      ownHost: '10.255.255.1',
    });
    t.teardown(() => camera.stop());
    const { code, stdout, stderr } = await runAgent(['run', '--frames', '10'], {
      model: { id: 'blazepose-lite' }, // cuts people out, and so wants more than its input of 256x256
      cameras: [{ id: 'door', source: `onvif://127.0.0.1:${camera.port}/`, ...login }],
      mqtt: { embedded_port: await freePort() },
    });
    t.equal(code, 0, stderr);
    t.match(stderr, /"camera":"door","msg":"online"/);
    t.notMatch(stdout + stderr, /c4n/);
    const paths = stream.requests.flatMap((text) => /^DESCRIBE rtsp:\/\/[^/]*(\S*)/.exec(text)?.[1] ?? []);
    t.same(new Set(paths), new Set(['/sub']));
  },
);
