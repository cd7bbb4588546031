import { once } from 'node:events';
import { Cam } from 'onvif';
import t from 'tap';
import { startOnvifCamera } from '../../support/onvif-camera.js';

const profiles = [
  { token: 'p1', name: 'mainStream', encoding: 'H264', width: 2688, height: 1520, fps: 25, path: '/main' },
  {
    token: 'p2',
    name: 'subStream',
    encoding: 'H264',
    width: 640,
    height: 360,
    fps: 15,
    path: '/sub?a=1&b=2',
  },
];
const login = { username: 'bob', password: 'can@ary' };

/** The tests' camera is one to a client that others wrote and use with cameras of many makers, too. */
t.test('a widely used ONVIF client reads the simulated camera', async (t) => {
  for (const [authentication, media] of [
    ['token', 'version 1'],
    ['token', 'both'],
    ['token', 'capabilities'],
    ['digest', 'version 1'],
  ] as const) {
    await t.test(`${authentication}, ${media}`, async (t) => {
      const camera = await startOnvifCamera({
        profiles,
        streamPort: 554,
        login,
        authentication,
        media,
        clockOffsetMs: 40 * 60_000,
      });
      t.teardown(() => camera.stop());
      const client = new Cam({
        ...login,
        hostname: '127.0.0.1',
        port: camera.port,
        useWSSecurity: authentication === 'token',
        autoconnect: false,
      });
      const connected = once(client, 'connect');
      client.connect((error) => error && client.emit('error', error));
      await connected;
      const uri = await new Promise((resolve, reject) => {
        client.getStreamUri({ protocol: 'RTSP', profileToken: 'p2' }, (error, answer) =>
          error ? reject(error) : resolve(answer?.uri),
        );
      });
      t.equal(uri, 'rtsp://127.0.0.1:554/sub?a=1&b=2');
      t.ok(camera.requests.includes(`GetProfiles ${authentication}`), String(camera.requests));
    });
  }
});

t.test('it refuses a wrong password', async (t) => {
  const camera = await startOnvifCamera({ profiles, streamPort: 554, login });
  t.teardown(() => camera.stop());
  const client = new Cam({
    ...login,
    password: 'x',
    hostname: '127.0.0.1',
    port: camera.port,
    autoconnect: false,
  });
  const error = await new Promise((resolve) => client.connect(resolve));
  t.match(error, { message: /requires authorization/ });
  t.ok(camera.requests.includes('GetServices wrong'), String(camera.requests));
});
