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
  t.match(change({ EDGE_POSE_CAMERAS__1__WIDTH: '640', EDGE_POSE_MODEL__DEVICE: 'GPU' }), {
    scope: 'worker',
  });
  t.same(change({ EDGE_POSE_CAMERAS__1__WIDTH: '640' }), { scope: 'cameras', paths: ['cameras.1.width'] });
  t.same(change({ EDGE_POSE_SECRETS__DOOR: 'x' }), { scope: 'cameras', paths: ['secrets.door'] });
  t.same(change({ EDGE_POSE_MQTT__KEEPALIVE_S: '9', EDGE_POSE_LOG__LEVEL: 'debug' }), {
    scope: 'agent',
    paths: ['mqtt.keepalive_s', 'log.level'],
  });
});

t.test('what is done with a picture needs no new worker', async (t) => {
  const masks = (x: number) => ({ EDGE_POSE_CAMERAS__1__MASKS: `[[[${x}, 0], [1, 0], [1, 1]]]` });
  const change = (before: Record<string, string>, after: Record<string, string>) =>
    configChange(load(before), load(after));
  const live = (path: string) => ({ scope: 'live', paths: [path] });
  t.same(change({}, { EDGE_POSE_CAMERAS__1__ROTATE: '90' }), live('cameras.1.rotate'));
  t.same(change({}, { EDGE_POSE_CAMERAS__0__FLIP: 'horizontal' }), live('cameras.0.flip'));
  const roi = { EDGE_POSE_CAMERAS__0__ROI: '{x: 0, y: 0, width: 1, height: 0.5}' };
  t.same(change({}, roi), live('cameras.0.roi'));
  t.same(change(roi, {}), live('cameras.0.roi'));
  t.same(change(roi, { ...roi, EDGE_POSE_CAMERAS__0__ROI__X: '0' }), { scope: 'none', paths: [] });
  t.same(change(roi, { ...roi, EDGE_POSE_CAMERAS__0__ROI__HEIGHT: '1' }), live('cameras.0.roi.height'));
  t.same(change({}, masks(0)), live('cameras.1.masks'));
  t.same(change(masks(0), masks(0.5)), live('cameras.1.masks'), 'and not by the number that is another');
  t.same(change(masks(0), {}), live('cameras.1.masks'));
});

t.test('entries that come and go', async (t) => {
  const running = load({});
  const more = load({ EDGE_POSE_CAMERAS__2__ID: 'c' });
  t.same(configChange(running, more), { scope: 'cameras', paths: ['cameras.2'] });
  t.same(configChange(more, running), { scope: 'cameras', paths: ['cameras.2'] });
  const login = (password: string) =>
    load({
      EDGE_POSE_SECRETS: '{door: x, gate: y}',
      EDGE_POSE_CAMERAS: `[{id: a, source: "rtsp://h", username: u, password: ${password}}, {id: b}]`,
    });
  t.same(configChange(login('{secret: door}'), login('{secret: gate}')), {
    scope: 'cameras',
    paths: ['cameras.0.password.secret'],
  });
  t.same(configChange(login('plain'), login('{secret: door}')).paths, ['cameras.0.password']);
});
