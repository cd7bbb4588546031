import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { HttpCamera } from '../../src/camera/http-camera.js';
import { openHttpStream } from '../../src/camera/http-stream.js';
import { cameraSource } from '../../src/config/camera-source.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { examineRemote } from '../../src/config/examine-remote.js';
import { knownPaths, schemaAt } from '../../src/config/json-schema.js';
import { Canaries } from '../support/canaries.js';
import { reached } from '../support/fault-figure.js';

const fault = 'foreign_host';
const canaries = new Canaries();
const sum = { documents: 0, opened: 0 };

/** Keys that hold a credential or lead to one: those marked secret, and files of whatever kind. */
const credentialKeys = knownPaths('0')
  .filter((path) => schemaAt(path)?.['x-secret'] === true || /(^|_)(file|dir)$/.test(path.at(-1) ?? ''))
  .map((path) => path.join('.'));

/** A local configuration with a password of its own in each of these keys; `bound` may go to that host alone. */
function localConfig(folder: string, bound: string): Record<string, unknown> {
  const file = (name: string, lines: readonly string[] = []): string => {
    const path = join(folder, name);
    writeFileSync(path, [canaries.plain(name), ...lines].join('\n'), { mode: 0o600 });
    return path;
  };
  mkdirSync(join(folder, 'state'));
  return {
    state_dir: join(folder, 'state'),
    secrets: {
      '0': { file: file('secrets.0.file') },
      text: canaries.plain('secrets.0'),
      value: { value: canaries.plain('secrets.0.value') },
      bound: { value: canaries.plain('a secret that is bound'), hosts: [bound] },
      'bound-file': { file: file('the file of one that is bound'), hosts: [bound] },
    },
    cameras: [
      { id: 'own', source: 'http://own', username: 'u', password: canaries.plain('cameras.0.password') },
    ],
    camera_hosts: [{ host: 'own', ca_file: file('camera_hosts.0.ca_file') }],
    mqtt: {
      url: 'mqtts://broker',
      username: 'u',
      password_file: file('mqtt.password_file'),
      ca_file: file('mqtt.ca_file'),
      cert_file: file('mqtt.cert_file'),
      key_file: file('mqtt.key_file'),
    },
  };
}

/** Keys that localConfig() cannot hold beside the others, or that hold nothing secret. */
const elsewhere = ['mqtt.password', 'updates.keys.0.key', 'state_dir'];

/** Everything by which a document might get at what a key holds, for cameras at `host`. */
function attempts(key: string, files: readonly string[], host: string): Record<string, unknown>[] {
  const set = (value: unknown): Record<string, unknown> => {
    const data: Record<string, unknown> = {};
    key.split('.').reduce<Record<string, unknown>>((holder, part, depth, all) => {
      holder[part] = depth === all.length - 1 ? value : {};
      return holder[part] as Record<string, unknown>;
    }, data);
    return data;
  };
  const camera = (more: object, scheme = 'http') => ({
    cameras: [{ id: 'a', source: `${scheme}://${host}/`, username: 'u', ...more }],
  });
  const names = ['0', 'text', 'value', 'bound', 'bound-file', 'own', key];
  const files1 = files.flatMap((file) => [set(file), set({ file }), camera({ password: { file } })]);
  const references = names.flatMap((secret) => [
    set({ secret }),
    camera({ password: { secret } }),
    camera({ password: { secret } }, 'rtsp'),
    camera({ password: { secret } }, 'onvif'),
    camera({ password: { secret }, enabled: false }),
    camera({ username: { secret } }),
    { ...camera({ password: { secret } }), secrets: { [secret]: { hosts: [host] } } },
    { ...camera({ password: { secret } }), camera_hosts: [{ host, allow_remote: true }] },
  ]);
  const plain = [set('x'), set(null), set([]), camera({}), camera({ id: 'own', password: undefined })];
  const urls = [
    `http://own@${host}/`,
    `http://${host}@own/`,
    `http://own\\@${host}/`,
    `http://${host}#@own/`,
  ];
  const sources = urls.map((source) => ({
    cameras: [{ id: 'own', source, username: 'u', password: { secret: 'bound' } }],
  }));
  return [...files1, ...references, ...plain, ...sources];
}

/** Somebody who listens; what comes is looked through. */
async function listen(t: Test): Promise<{ port: number; heard: string[] }> {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(JSON.stringify([request.url, request.rawHeaders]));
    response.writeHead(401, { 'www-authenticate': 'Basic realm="camera"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, heard };
}

t.test('no document sends what the local file holds to another host', { timeout: 100_000 }, async (t) => {
  const attacker = await listen(t);
  const friend = await listen(t);
  const folder = t.testdir();
  const local = localConfig(folder, `127.0.0.1:${friend.port}`);
  const file = join(folder, 'config.yaml');
  // Both are on this machine, and so have to be allowed.
  const hosts = [{ host: '127.0.0.1', allow_remote: true }, ...(local.camera_hosts as object[])];
  writeFileSync(file, stringify({ ...local, camera_hosts: hosts }), { mode: 0o600 });
  for (const key of credentialKeys) {
    const isHeld = canaries.places.includes(key) || elsewhere.includes(key);
    t.ok(isHeld, `${key} is tried: a new key that holds a credential belongs into localConfig()`);
  }
  const files = Object.values(local.mqtt as object).filter((value) => String(value).startsWith('/'));
  const sources = ConfigSources.read({ configFile: file, environment: { HOME: '/h' } });
  const policy = { remote: true, hosts: sources.effective().config.camera_hosts };
  for (const { port } of [attacker, friend]) {
    for (const key of credentialKeys) {
      for (const document of attempts(key, files, `127.0.0.1:${port}`)) {
        sum.documents++;
        const examined = examineRemote(JSON.parse(JSON.stringify(document)), {
          sources,
          isModelName: () => true,
        });
        canaries.look('a refusal', JSON.stringify('refusal' in examined ? examined.refusal : {}));
        if ('refusal' in examined) continue;
        const { cameras, secrets, remote_cameras } = examined.loaded.config;
        if (!remote_cameras) continue; // those of the local file, as they are there
        for (const camera of cameras) {
          const address = cameraSource(camera, secrets);
          if (new URL(address).port !== String(friend.port)) canaries.look(`an address: ${address}`, address);
          if (!address.startsWith('http')) continue;
          sum.opened++;
          const asked = new HttpCamera({ address, policy, signal: new AbortController().signal });
          await openHttpStream(asked, 1000).catch(() => {});
          asked.close();
        }
      }
    }
  }
  t.ok(attacker.heard.length > 0, 'the attacker was asked, without a login');
  t.equal(attacker.heard.filter((text) => /authorization/i.test(text) && !/Basic dTo=/.test(text)).length, 0);
  t.same(canaries.in(friend.heard.join()).sort(), [
    'a secret that is bound',
    'the file of one that is bound',
  ]);
  for (const text of attacker.heard) canaries.look('what the attacker heard', text);
  t.same([...canaries.hits], []);
});

t.test('a secret that is bound goes nowhere else from the local file either', async (t) => {
  const file = join(t.testdir(), 'config.yaml');
  const judge = (camera: object): string => {
    const secrets = {
      door: { value: 'c4n4ry', hosts: ['Camera.example', '192.0.2.7:554', '[2001:db8::1]:322'] },
    };
    const cameras = [{ id: 'a', username: 'u', password: { secret: 'door' }, ...camera }];
    writeFileSync(file, stringify({ secrets, cameras }), { mode: 0o600 });
    try {
      const { config } = ConfigSources.read({ configFile: file, environment: { HOME: '/h' } }).effective();
      return `${config.cameras.length}`;
    } catch (error) {
      return (error as Error).message;
    }
  };
  for (const source of [
    'http://camera.example:8080/',
    'https://CAMERA.example./',
    'rtsp://192.0.2.7/',
    'rtsps://[2001:DB8:0::1]/',
  ]) {
    t.equal(judge({ source }), '1', source);
  }
  for (const source of [
    'http://camera.example.evil/',
    'rtsp://192.0.2.7:8554/',
    'rtsp://[2001:db8::1]/',
    'http://h/',
  ]) {
    const message = judge({ source });
    t.match(
      message,
      /cameras\.0\.password\.secret: expected a secret that may be sent to .* among its hosts/,
      source,
    );
    t.match(message, /found "door", which is for other hosts .*line/);
    t.notMatch(message, /c4n4ry/);
  }
});

t.test('a document sends no password in clear to a host that has to prove itself', async (t) => {
  const file = join(t.testdir(), 'config.yaml');
  const fingerprint = 'a5'.repeat(32);
  const local = {
    secrets: { door: { value: 'c4n4ry', hosts: ['proven.example', 'plain.example'] } },
    camera_hosts: [
      { host: 'proven.example:322', fingerprint },
      { host: 'plain.example', allow_remote: true },
    ],
  };
  writeFileSync(file, stringify(local), { mode: 0o600 });
  const sources = ConfigSources.read({ configFile: file, environment: { HOME: '/h' } });
  const judge = (source: string) =>
    examineRemote(
      { cameras: [{ id: 'a', source, username: 'u', password: { secret: 'door' } }] },
      { sources, isModelName: () => true },
    );
  for (const source of ['rtsps://proven.example/', 'https://proven.example/', 'rtsp://plain.example/']) {
    t.ok('loaded' in judge(source), source);
  }
  for (const source of [
    'rtsp://proven.example/',
    'http://PROVEN.example:8080/',
    'rtsp://proven.example:322/',
  ]) {
    t.match(judge(source), {
      refusal: {
        code: 422,
        problems: [
          {
            path: 'cameras.0.source',
            expected: /^an https:\/\/, rtsps:\/\/ or rtmps:\/\/ address/,
            found: 'an address without TLS',
          },
        ],
      },
    });
  }
});

t.test('what came of it', async (t) => {
  reached(t, { fault, what: 'documents that try', value: sum.documents, atLeast: 500 });
  reached(t, { fault, what: 'cameras that were opened', value: sum.opened, atLeast: 20 });
  reached(t, { fault, what: 'secrets that left', value: canaries.hits.size, exactly: 0 });
});
