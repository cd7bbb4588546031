import type { IPublishPacket } from 'mqtt';
import t, { type Test } from 'tap';
import { z } from 'zod';
import { configJsonSchema } from '../../src/config/json-schema.js';
import { commandJsonSchemas } from '../../src/mqtt/commands.js';
import {
  adversarialTexts,
  jsonWithin,
  manyParts,
  type Place,
  placesOf,
  withText,
  withValue,
} from '../support/adversarial-text.js';
import { cpuMsUpTo } from '../support/cpu-ms.js';
import { RemoteDevice } from '../support/remote-device.js';

/** CPU time for one message: what is quadratic anywhere takes a second and more. */
const limitMs = 50;
/** A broker hands over no larger packet. */
const payloadBytes = 64 * 1024 - 64;
const texts = adversarialTexts(64 * 1024);
const { topics } = RemoteDevice;
t.setTimeout(5 * 60_000);

/** A document in which everything is right, as far as that can be said in one. */
const document = {
  cameras: [{ id: 'a', source: 'rtsp://h/1', username: 'u', password: { secret: 'door' } }],
  model: { id: 'auto' },
};

function json(value: unknown): Buffer {
  const payload = Buffer.from(JSON.stringify(value));
  if (payload.length > payloadBytes) throw new RangeError(`a payload of ${payload.length} bytes`);
  return payload;
}

interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  readonly packet?: Partial<IPublishPacket>;
}

t.test('an agent is sent adversarial texts', async (t) => {
  const device = await RemoteDevice.start(
    t,
    'control: {allow_snapshot: true}\nsecrets: {door: x}\nupdates: {origins: [{origin: "http://h"}]}',
  );
  let turn = 0;
  const handles = async (t: Test, name: string, message: (text: string) => Message): Promise<void> => {
    turn += 1;
    // A quarter of them, and at the next places the others.
    const some = [...texts].filter((_, index) => (index + turn) % 4 === 0);
    await handlesAll(t, name, new Map(some.map(([what, text]) => [what, message(text)])));
  };
  const handlesAll = async (t: Test, name: string, messages: Map<string, Message>): Promise<void> => {
    let worst = { ms: 0, what: '' };
    for (const [what, { topic, payload, packet }] of messages) {
      const handle = async (): Promise<void> => device.handle(topic, payload, packet);
      await device.ready(topic);
      const ms = await cpuMsUpTo(limitMs, handle);
      if (ms > worst.ms) worst = { ms, what };
    }
    t.ok(worst.ms <= limitMs, `${name}: ${Math.round(worst.ms)} ms at most, with ${worst.what}`);
  };
  const named = ({ path, name }: Place): string => `${path.join('.')}${name ? '.(name)' : ''}`;

  await t.test('on config/desired, in every place', async (t) => {
    const envelope = z.toJSONSchema(z.object({ version: z.int(), id: z.string(), config: z.unknown() }));
    const schema = { ...envelope, properties: { ...envelope.properties, config: configJsonSchema } };
    for (const place of placesOf(schema)) {
      await handles(t, `config/desired ${named(place)}`, (text) => ({
        topic: topics.configDesired,
        payload: jsonWithin(payloadBytes, text, (text) =>
          withText({ version: 1, id: 'x', config: document }, place, text),
        ),
      }));
    }
  });

  await t.test('as arguments of every command', async (t) => {
    for (const [name, { args }] of Object.entries(commandJsonSchemas())) {
      const schema =
        name === 'config-validate' ? { ...args, properties: { config: configJsonSchema } } : { ...args };
      const envelope = {
        ...schema,
        properties: { ...(schema.properties ?? {}), transaction: { type: 'string' } },
      };
      const request = name === 'config-validate' ? { config: document } : {};
      for (const place of placesOf(envelope)) {
        await handles(t, `${name} ${named(place)}`, (text) => ({
          topic: topics.command(name),
          payload: jsonWithin(payloadBytes, text, (text) => withText(request, place, text)),
        }));
      }
    }
  });

  await t.test('of very many parts, in every place of a configuration', async (t) => {
    for (const { path, isContainer } of placesOf(configJsonSchema)) {
      if (!isContainer) continue;
      const messages = new Map<string, Message>();
      for (const [what, value] of manyParts(payloadBytes - 512)) {
        const config = withValue(document, path, () => value);
        const desired = { version: 1, id: 'x', config };
        messages.set(what, { topic: topics.configDesired, payload: json(desired) });
        messages.set(`${what}, to validate`, {
          topic: topics.command('config-validate'),
          payload: json({ config }),
        });
      }
      await handlesAll(t, `many parts in ${path.join('.')}`, messages);
    }
  });

  await t.test('as payload, topic and properties of every message', async (t) => {
    t.ok(device.filters.size >= 4, [...device.filters.keys()].join(' '));
    for (const filter of device.filters.keys()) {
      const topic = filter.replace('+', 'ping');
      await handles(t, `payload on ${filter}`, (text) => ({ topic, payload: Buffer.from(text) }));
      await handles(t, `retained payload on ${filter}`, (text) => ({
        topic,
        payload: Buffer.from(text),
        packet: { retain: true },
      }));
      await handles(t, `topic in ${filter}`, (text) => ({
        topic: filter.replace('+', text),
        payload: Buffer.from('{}'),
      }));
      await handles(t, `properties on ${filter}`, (text) => ({
        topic,
        payload: Buffer.from('{}'),
        packet: {
          properties: {
            responseTopic: text,
            correlationData: Buffer.from(text),
            contentType: text,
            userProperties: { [text]: text },
          },
        },
      }));
      await handles(t, `correlation data on ${filter}`, (text) => ({
        topic,
        payload: Buffer.from('{}'),
        packet: { properties: { responseTopic: 'edgepose/client/x', correlationData: Buffer.from(text) } },
      }));
      await handles(t, `response topic on ${filter}`, (text) => ({
        topic,
        payload: Buffer.from('{}'),
        packet: { properties: { responseTopic: `edgepose/client/${text}` } },
      }));
    }
  });
});
