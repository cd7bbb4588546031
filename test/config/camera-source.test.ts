import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { cameraSource } from '../../src/config/camera-source.js';
import { loadConfig } from '../../src/config/load-config.js';
import type { Config } from '../../src/config/schema.js';

function load(source: string, login: object, secrets: object = {}): Config {
  const cameras = JSON.stringify([{ id: 'a', source, ...login }]);
  const environment = { HOME: '/h', EDGE_POSE_CAMERAS: cameras, EDGE_POSE_SECRETS: JSON.stringify(secrets) };
  return loadConfig({ environment }).config;
}

function resolve(config: Config, onWarning?: (text: string) => void): string {
  const [camera] = config.cameras;
  if (camera === undefined) throw new Error('no camera');
  return cameraSource(camera, config.secrets, { onWarning });
}

t.test('the login goes into the address and comes out of it as it was', async (t) => {
  t.equal(resolve(load('0', {})), '0');
  t.equal(resolve(load('rtsp://u:p@h/1', {})), 'rtsp://u:p@h/1');
  t.equal(resolve(load('rtsp://h:554/a?b=[c]', { username: 'admin' })), 'rtsp://admin@h:554/a?b=[c]');
  for (const [username, password] of [
    ['admin', 'simple'],
    ['a:d@min', 'p@ss:w/rd?#[]'],
    ['ädmin', '100%41 %zz'],
    ["it's", '(!*\'"`$;&|<>\\^{}~'],
  ] as const) {
    for (const source of [
      'rtsp://cam/1',
      'RTSPS://cam:322',
      'http://192.0.2.1/a b',
      'https://[2001:db8::1]/',
    ]) {
      const config = load(source, { username, password: { secret: 'door' } }, { door: password });
      const text = resolve(config);
      const url = new URL(text);
      t.equal(decodeURIComponent(url.username), username);
      t.equal(decodeURIComponent(url.password), password);
      t.equal(text.replace(/\/\/[^@]*@/, '//'), source, 'the rest is untouched');
      t.notMatch(
        text.slice(0, text.indexOf('@')),
        /[!'"()*`$;&|<>\\ ]/,
        'nothing a pipeline could stumble over',
      );
    }
  }
});

t.test('a Jetson as decoder goes before the scheme', (t) => {
  const of = (source: string, decoder: string, login = {}): string =>
    resolve(load(source, { decoder, ...login }));
  t.equal(of('RTSP://h/1', 'jetson', { username: 'u', password: 'p' }), 'jetson+RTSP://u:p@h/1');
  t.equal(of('/a b/c.mp4', 'jetson'), 'jetson+file:///a%20b/c.mp4');
  t.equal(of('file:///c.mp4', 'jetson'), 'jetson+file:///c.mp4');
  for (const source of ['rtsp://h/1', 'file:///c.mp4', '0', 'csi:0', 'sample:', 'c.mp4', 'http://h/1']) {
    t.equal(of(source, 'software'), source);
    t.equal(of(source, 'auto'), source);
  }
  t.equal(of('rtsp://h/1', 'vaapi'), 'rtsp://h/1');
  t.throws(() => of('rtsp://h/1', 'hardware'), { code: 'CONFIG_INVALID' });
  for (const source of ['0', '/dev/video0', 'csi:0', 'sample:', 'gst:videotestsrc', 'https://h/1']) {
    t.throws(() => of(source, 'jetson'), { code: 'CONFIG_INVALID', message: /decoder: .*only RTSP/ }, source);
  }
  t.end();
});

t.test('secrets in files: read at every call, errors and warnings without the secret', async (t) => {
  const path = join(t.testdir(), 'door');
  const config = load('rtsp://h', { username: 'u', password: { secret: 'door' } }, { door: { file: path } });
  const failure = { code: 'CONFIG_INVALID', message: /secrets\.door\.file: expected a file .* found .*door/ };
  t.throws(() => resolve(config), { ...failure, message: /ENOENT/ });
  writeFileSync(path, '\n');
  t.throws(() => resolve(config), { ...failure, message: /whose first line is empty/ });
  writeFileSync(path, 'c4n4ry\r\nmore');
  chmodSync(path, 0o644);
  const warnings: string[] = [];
  t.equal(
    resolve(config, (text) => warnings.push(text)),
    'rtsp://u:c4n4ry@h',
  );
  t.same(warnings, [`${path} is open to others than its owner (mode 0644): chmod 600 ${path}`]);
  chmodSync(path, 0o600);
  t.equal(
    resolve(config, (text) => t.fail(text)),
    'rtsp://u:c4n4ry@h',
  );
  rmSync(path);
  t.throws(() => resolve(config), failure);
});

t.test('a name that is no secret', async (t) => {
  const config = load('rtsp://h', { username: 'u', password: { secret: 'door' } }, { door: 'x' });
  const [camera] = config.cameras;
  if (camera === undefined) return;
  for (const secret of ['other', 'constructor', '__proto__']) {
    t.throws(() => cameraSource({ ...camera, password: { secret } }, config.secrets), {
      code: 'CONFIG_INVALID',
      message: /the password of camera a: expected the name of a secret/,
    });
  }
});
