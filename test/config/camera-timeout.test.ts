import t from 'tap';
import { cameraReading } from '../../src/agent/cameras.js';
import { configChange } from '../../src/config/config-change.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { examineRemote } from '../../src/config/examine-remote.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Config } from '../../src/config/schema.js';

function load(timeout_s?: unknown): Config {
  const cameras = JSON.stringify([{ id: 'a', source: 'http://192.0.2.1/', timeout_s }]);
  return loadConfig({ environment: { HOME: '/h', EDGE_POSE_CAMERAS: cameras } }).config;
}

t.test('seconds within what makes sense, and none where it goes by the pace', (t) => {
  t.equal(load().cameras[0]?.timeout_s, undefined);
  for (const timeout of [1, 2.5, 120, 600]) t.equal(load(timeout).cameras[0]?.timeout_s, timeout);
  for (const timeout of [0, -1, 0.9, 600.1, 1e9, '10', null]) {
    t.throws(() => load(timeout), {
      code: 'CONFIG_INVALID',
      message: /cameras\.0\.timeout_s: expected a number/,
    });
  }
  t.end();
});

t.test('a remote document may set it, within the same bounds, and its camera takes it over', (t) => {
  const sources = ConfigSources.read({ environment: { HOME: '/h' } });
  const examine = (timeout_s: number) =>
    examineRemote(
      { cameras: [{ id: 'a', source: 'http://192.0.2.1/', timeout_s }] },
      {
        sources,
        isModelName: () => true,
      },
    );
  const good = examine(600);
  t.ok('loaded' in good);
  if ('loaded' in good) t.equal(good.loaded.config.cameras[0]?.timeout_s, 600);
  t.match(examine(601), { refusal: {} });
  t.match(configChange(load(), load(30)), { scope: 'cameras', paths: ['cameras.0.timeout_s'] });
  t.end();
});

t.test('the worker is told of it', (t) => {
  const [config] = load(30).cameras;
  const camera = { config } as unknown as Parameters<typeof cameraReading>[0];
  const policy = { remote: false, hosts: [] };
  t.match(cameraReading(camera, { source: 'x', policy }), { timeoutSeconds: 30 });
  t.end();
});
