import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { generate, type Packet } from 'mqtt-packet';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { WorkerOutput } from '../../src/agent/worker-output.js';
import { HttpCamera } from '../../src/camera/http-camera.js';
import { openHttpStream } from '../../src/camera/http-stream.js';
import { MultipartParser } from '../../src/camera/multipart-parser.js';
import { parseSource } from '../../src/camera/parse-source.js';
import { redactSource } from '../../src/camera/redact-source.js';
import { redactText } from '../../src/config/redact-config.js';
import { AgentError } from '../../src/errors.js';
import { manifestSchema } from '../../src/models/manifest-schema.js';
import { localPolicy } from '../../src/network/source-policy.js';
import { createLogger } from '../../src/telemetry/logger.js';
import { adversarialTexts, jsonWithin, placesOf, withText } from '../support/adversarial-text.js';
import { cpuMsUpTo } from '../support/cpu-ms.js';
import { acknowledgeAll, connack, FakeBroker } from '../support/fake-broker.js';
import { startPublisher } from '../support/test-publisher.js';
import { startUpdateTarget } from '../support/update-target.js';
import { waitFor } from '../support/wait-for.js';

/** CPU time for one text: what is quadratic anywhere takes a second and more. */
const limitMs = 50;
const texts = adversarialTexts(64 * 1024);

function handles(t: Test, name: string, handle: (text: string) => unknown): Promise<void> {
  return handlesPrepared(t, name, (text) => text, handle);
}

/** As handles(), of something that is made of the text before the clock starts: making it is not the agent's work. */
async function handlesPrepared<T>(
  t: Test,
  name: string,
  prepare: (text: string) => T,
  handle: (prepared: T) => unknown,
): Promise<void> {
  let worst = { ms: 0, what: '' };
  for (const [what, text] of texts) {
    const prepared = prepare(text);
    const ms = await cpuMsUpTo(limitMs, async () => handle(prepared));
    if (ms > worst.ms) worst = { ms, what };
  }
  t.ok(worst.ms <= limitMs, `${name}: ${Math.round(worst.ms)} ms at most, with ${worst.what}`);
}

/** Refuses or not, but throws nothing else than an error of ours. */
async function refused(something: () => unknown): Promise<void> {
  try {
    await something();
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
  }
}

t.test('a camera’s headers', async (t) => {
  const answers = (text: string): Record<string, string> => ({
    'a content type': `200 OK\r\nContent-Type: multipart/${text}`,
    'a boundary': `200 OK\r\nContent-Type: multipart/x; boundary="${text}`,
    'a type that is none': `200 OK\r\nContent-Type: text/${text}`,
    'a location': `302 Found\r\nLocation: ${text}`,
    'a location on the host': `302 Found\r\nLocation: http://127.0.0.1:1/${text}`,
    'a demand for a login': `401 No\r\nWWW-Authenticate: ${text}`,
    'a reason': `500 ${text}`,
    'another header': `404 No\r\n${text}: ${text}`,
  });
  let answer = '';
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('data', () => socket.end(`HTTP/1.1 ${answer}\r\n\r\n`, 'latin1'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const url = `http://user:secret@127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const name of Object.keys(answers(''))) {
    // A part of a picture's size and one that Node takes: of headers it takes 16 KiB.
    for (const length of [12_000, 64 * 1024]) {
      await handles(t, `${name} of ${length} characters`, async (text) => {
        const line = text.slice(0, length).replaceAll(/[\r\n\0]/g, ' ');
        answer = answers(line)[name] as string;
        await refused(async () => {
          const signal = AbortSignal.timeout(5000);
          const camera = new HttpCamera({ address: url, policy: localPolicy, signal });
          try {
            await openHttpStream(camera, 2000);
          } finally {
            camera.close();
          }
        });
      });
    }
  }
});

t.test('a part’s headers', async (t) => {
  const pieces: [string, (text: string) => string][] = [
    ['a header', (text) => `--b\r\n${text}`],
    ['a length', (text) => `--b\r\nContent-Length: ${text}`],
    ['lengths', (text) => `--b\r\ncontent-length:${text.slice(0, 30_000)}\r\ncontent-length: ${text}`],
    ['a boundary’s line', (text) => `--b${text}`],
    ['what stands before', (text) => text],
    ['a body', (text) => `--b\r\n\r\n${text}`],
  ];
  for (const [name, make] of pieces) {
    await handles(t, name, (text) => {
      const parser = new MultipartParser('b', () => {});
      try {
        parser.push(Buffer.from(make(text).slice(0, 64 * 1024)));
        parser.push(Buffer.from('\r\n\r\n--b\r\n'));
      } catch {
        // It is given up.
      }
    });
  }
});

t.test('what is said of sources and by the worker', async (t) => {
  const logger = createLogger({ destination: { write: () => {} } });
  const output = new WorkerOutput({ tell: (line) => logger.warn({ from: 'worker' }, line) });
  for (const before of [
    '',
    '[rtsp @ 0x55d] ',
    'method DESCRIBE failed: 401 ',
    'GStreamer warning: ',
    'http://h/',
  ]) {
    await handles(t, `a line of the worker: ${before}`, (text) => output.line(before + text));
  }
  await handles(t, 'a reason of the broker', (text) => logger.warn({ broker: 'mqtt://h' }, `lost: ${text}`));
  await handles(t, 'a configured text', (text) => redactText(text));
  await handles(t, 'a source that is shown', (text) => redactSource(text));
  for (const before of ['', 'csi:0?', 'gst:', 'rtsp://', 'http://u:p@h/', 'jetson+rtsp://', 'file:///']) {
    await handles(t, `a source ${before}`, (text) => refused(() => parseSource(before + text)));
  }
});

t.test('signed manifests and their envelopes', async (t) => {
  const { publisher, install } = await startUpdateTarget(t);
  const places = placesOf(z.toJSONSchema(manifestSchema, { io: 'input', unrepresentable: 'any' }));
  t.ok(places.length > 50, `${places.length} places`);
  for (const place of places) {
    const name = `${place.path.join('.')}${place.name ? ' (name)' : ''}`;
    // In base64 within an envelope of 64 KiB.
    await handles(t, `a manifest’s ${name}`, (text) => {
      const manifest = jsonWithin(47_000, text, (text) => withText(publisher.manifest(), place, text));
      return refused(() => install({ envelope: publisher.sign(JSON.parse(manifest.toString())) }));
    });
  }
  const envelope = JSON.parse(publisher.envelope().toString());
  for (const path of [
    [],
    ['manifest'],
    ['signatures'],
    ['signatures', '0', 'key'],
    ['signatures', '0', 'sig'],
  ]) {
    await handles(t, `an envelope’s ${path.join('.')}`, (text) => {
      const bytes = jsonWithin(65_000, text, (text) => withText(envelope, { path, name: false }, text));
      return refused(() => install({ envelope: bytes }));
    });
  }
});

t.test('packets, as they come from the broker', async (t) => {
  let socket: Socket | undefined;
  const broker = new FakeBroker((_, opened) => {
    socket = opened;
    opened.write(connack(0));
    acknowledgeAll(opened);
  });
  await broker.start();
  t.teardown(() => broker.stop());
  const problems: string[] = [];
  const publisher = startPublisher(t, { url: broker.url, onDisconnect: (reason) => problems.push(reason) });
  let handled = 0;
  publisher.subscribe('#', (topic) => {
    if (topic === 'the/next') handled += 1;
  });
  await waitFor('connected', () => publisher.connected);
  const parts: [string, (text: string) => Partial<Packet>][] = [
    ['topic', (text) => ({ topic: text.replaceAll(/[+#\0\ud800]/g, 'x').slice(0, 60_000) })],
    ['payload', (text) => ({ payload: text.slice(0, 60_000) })],
    [
      'user properties',
      (text) => ({ properties: { userProperties: { [text.slice(0, 30_000)]: text.slice(0, 30_000) } } }),
    ],
    [
      'many user properties',
      (text) => ({ properties: { userProperties: { a: Array(9000).fill(text.slice(0, 1)) } } }),
    ],
    ['response topic', (text) => ({ properties: { responseTopic: text.slice(0, 60_000) } })],
    ['correlation data', (text) => ({ properties: { correlationData: Buffer.from(text.slice(0, 60_000)) } })],
    ['content type', (text) => ({ properties: { contentType: text.slice(0, 60_000) } })],
  ];
  for (const [name, part] of parts) {
    const packet = { cmd: 'publish', topic: 'a/b', payload: '{}', qos: 0, dup: false, retain: false };
    const bytesOf = (more: Partial<Packet>): Buffer =>
      generate({ ...packet, ...more } as Packet, { protocolVersion: 5 });
    // Whether a packet is taken or skipped, the next one is taken when that is done.
    const next = bytesOf({ topic: 'the/next' } as Partial<Packet>);
    const made = (text: string): Buffer =>
      Buffer.concat([bytesOf(part(text.replaceAll(/[\0\ud800]/g, 'x'))), next]);
    await handlesPrepared(t, name, made, async (bytes) => {
      const before = handled + problems.length;
      socket?.write(bytes);
      await waitFor('it is handled', () => handled + problems.length > before);
      if (problems.length > 0) await waitFor('connected', () => publisher.connected);
    });
  }
  t.ok(handled > texts.size, `${handled} were handled; ${problems.slice(0, 3)}`);
});
