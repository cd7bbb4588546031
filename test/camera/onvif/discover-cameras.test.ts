import t, { type Test } from 'tap';
import { discoverCameras, usableInterfaces } from '../../../src/camera/onvif/discover-cameras.js';
import { readMatches } from '../../../src/camera/onvif/probe-messages.js';
import { type DiscoveryOptions, match, startDiscovery } from '../../support/onvif-discovery.js';

const scopes = [
  'onvif://www.onvif.org/type/video_encoder',
  'onvif://www.onvif.org/Profile/Streaming',
  'onvif://www.onvif.org/name/Front%20d%C3%B6%C3%B6r%1B[2J',
  'onvif://www.onvif.org/hardware/IPC-42',
];
const loopback = [{ name: 'lo', address: '127.0.0.1' }];
/** So that cameras of tests that run beside this one do not count: the port group is one for all. */
const port = 20_000 + (process.pid % 10_000);

async function start(t: Test, options: Partial<DiscoveryOptions> = {}) {
  const services = `http://10.255.255.1:1/onvif/device_service http://127.0.0.1:${port}/onvif/device_service`;
  const responder = await startDiscovery({ address: '127.0.0.1', services, scopes, ...options });
  t.teardown(() => responder.stop());
  return responder;
}

async function discover(waitMs = 700) {
  const { cameras, failures } = await discoverCameras({ interfaces: loopback, waitMs });
  t.same(failures, []);
  return cameras.filter((camera) => camera.port === port);
}

t.test('a camera is found, once, with its name and hardware', async (t) => {
  const { probes } = await start(t);
  t.same(await discover(), [
    {
      address: '127.0.0.1',
      port,
      name: 'Front döör [2J',
      hardware: 'IPC-42',
      source: `onvif://127.0.0.1:${port}/`,
    },
  ]);
  t.equal(new Set(probes).size, 1);
  t.equal(probes.length, 2, 'it was asked twice, since packets get lost');
});

t.test('one that calls itself a Device alone is found as well', async (t) => {
  await start(t, { types: ['Device'] });
  t.equal((await discover()).length, 1);
});

t.test('what is no answer of a camera is passed over', async (t) => {
  const services = `http://127.0.0.1:${port}/`;
  const others: Record<string, (id: string) => Buffer> = {
    'an answer to somebody else': () => match('urn:uuid:other', { address: '', services, scopes }),
    'a printer': (id) => match(id, { address: '', services, scopes: ['urn:printer'], types: ['Device'] }),
    'no XML': () => Buffer.from('hello'),
    nothing: () => Buffer.alloc(0),
    'a document type': (id) => Buffer.from(`<!DOCTYPE a [<!ENTITY b "${id}">]><a>&b;</a>`),
    'no match': (id) =>
      Buffer.from(String(match(id, { address: '', services, scopes })).replaceAll('ProbeMatch>', 'X>')),
  };
  for (const [name, answer] of Object.entries(others)) {
    await t.test(name, async (t) => {
      const { probes } = await start(t, { answer: (id) => [answer(id)] });
      t.same(await discover(400), []);
      t.ok(probes.length > 0, 'it was asked');
    });
  }
});

t.test('where it says nothing useful of its port, that of HTTP is meant', async (t) => {
  for (const [services, port] of [
    ['', 80],
    ['http://10.0.0.1:8080/onvif', 8080],
    ['https://192.0.2.9/onvif http://192.0.2.9/onvif http://10.0.0.1:8080/', 80],
    ['http://[ http://x:99999/', 80],
    ['file:///etc/passwd', 80],
  ] as const) {
    const message = match('a', { address: '', services, scopes });
    const [camera] = readMatches(message, new Set(['a']), '192.0.2.9');
    t.equal(camera?.port, port, services);
    t.equal(camera?.source, port === 80 ? 'onvif://192.0.2.9/' : `onvif://192.0.2.9:${port}/`);
  }
  const bare = match('a', { address: '', services: '', scopes: [] });
  t.match(readMatches(bare, new Set(['a']), '192.0.2.9'), [{ name: null, hardware: null }]);
});

t.test('a flood of answers fills nothing', async (t) => {
  const own = (id: string, i: number) =>
    match(id, { address: '', services: `http://127.0.0.1:${1000 + i}/`, scopes });
  await start(t, { answer: (id) => Array.from({ length: 3000 }, (_, i) => own(id, i)) });
  const { cameras } = await discoverCameras({ interfaces: loopback, waitMs: 1500 });
  t.ok(cameras.length <= 1000, `${cameras.length}`);
  t.ok(cameras.length > 10);
});

t.test('an interface on which nothing can be asked is told', async (t) => {
  const gone = { name: 'gone0', address: '192.0.2.250' };
  const { cameras, failures } = await discoverCameras({ interfaces: [gone], waitMs: 300 });
  t.same(cameras, []);
  t.match(failures, [{ name: 'gone0', reason: /EADDRNOTAVAIL/ }]);
  t.same(usableInterfaces(['lo']), loopback);
  t.notOk(usableInterfaces().some(({ name }) => name === 'lo'));
});
