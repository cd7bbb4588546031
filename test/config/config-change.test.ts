import t from 'tap';
import { configChange } from '../../src/config/config-change.js';
import { loadConfig } from '../../src/config/load-config.js';

const load = (environment: Record<string, string>) =>
  loadConfig({ environment: { HOME: '/h', EDGE_POSE_CAMERAS: '[{id: a}, {id: b}]', ...environment } }).config;

t.test('the scope is that of the key that needs most', async (t) => {
  const running = load({});
  const change = (environment: Record<string, string>) => configChange(running, load(environment));
  t.same(change({}), { scope: 'none', paths: [] });
  t.same(change({ EDGE_POSE_LOG__LEVEL: 'debug' }), { scope: 'live', paths: ['log.level'] });
  t.same(change({ EDGE_POSE_LOG__LEVEL: 'debug', EDGE_POSE_MODEL__DEVICE: 'GPU' }), {
    scope: 'worker',
    paths: ['model.device', 'log.level'],
  });
  t.same(change({ EDGE_POSE_CAMERAS__1__WIDTH: '640' }), { scope: 'worker', paths: ['cameras.1.width'] });
  t.same(change({ EDGE_POSE_SECRETS__DOOR: 'x' }), { scope: 'worker', paths: ['secrets.door'] });
  t.same(change({ EDGE_POSE_MQTT__KEEPALIVE_S: '9', EDGE_POSE_LOG__LEVEL: 'debug' }), {
    scope: 'agent',
    paths: ['mqtt.keepalive_s', 'log.level'],
  });
});

t.test('entries that come and go', async (t) => {
  const running = load({});
  const more = load({ EDGE_POSE_CAMERAS__2__ID: 'c' });
  t.same(configChange(running, more), { scope: 'worker', paths: ['cameras.2'] });
  t.same(configChange(more, running), { scope: 'worker', paths: ['cameras.2'] });
  const login = (password: string) =>
    load({
      EDGE_POSE_SECRETS: '{door: x, gate: y}',
      EDGE_POSE_CAMERAS: `[{id: a, source: "rtsp://h", username: u, password: ${password}}, {id: b}]`,
    });
  t.same(configChange(login('{secret: door}'), login('{secret: gate}')), {
    scope: 'worker',
    paths: ['cameras.0.password.secret'],
  });
  t.same(configChange(login('plain'), login('{secret: door}')).paths, ['cameras.0.password']);
});
