import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import t from 'tap';
import { parse, stringify } from 'yaml';
import { payloadJsonSchemas } from '../../src/mqtt/payloads.js';
import { deviceTopics } from '../../src/mqtt/topics.js';

const text = readFileSync(resolve(import.meta.dirname, '../../docs/asyncapi.yaml'), 'utf8');
const parser = new Parser();
const { document, diagnostics } = await parser.parse(text);
if (document === undefined) throw new Error(`docs/asyncapi.yaml: ${problems(diagnostics).join('; ')}`);

/** All but the news that there is a 3.1, which tools do not read yet. */
function problems(found: typeof diagnostics): string[] {
  return found
    .filter(({ code }) => code !== 'asyncapi-latest-version')
    .map(({ path, message }) => `${path.join('.')}: ${message}`);
}

t.test('AsyncAPI’s own parser has nothing to say against docs/asyncapi.yaml', async (t) => {
  t.same(problems(diagnostics), []);
  t.equal(document.version(), '3.0.0');
});

t.test('the parser sees mistakes', async (t) => {
  const broken = parse(text);
  broken.operations['send-pose'].bindings.mqtt.qos = 3;
  broken.info.colour = 'red';
  delete broken.channels.pose.parameters.camera;
  delete broken.components.messages.state;
  const { diagnostics } = await parser.parse(stringify(broken));
  const found = problems(diagnostics).join('\n');
  t.match(found, /operations\.send-pose\.bindings\.mqtt\.qos/, 'a QoS that does not exist');
  t.match(found, /info\b.*colour/, 'a key of no standard');
  t.match(found, /channels\.pose\.parameters.*camera/, 'a parameter that is not described');
  t.match(found, /components\/messages\/state' does not exist/, 'a reference into nothing');
});

t.test('every message has a payload, and an example that fits it', async (t) => {
  const ajv = new Ajv({ strictTuples: false, validateFormats: false });
  ajv.addVocabulary(['x-parser-schema-id']); // the parser's own mark, in every schema
  const messages = document.allMessages().all();
  t.ok(messages.length >= 5);
  for (const message of messages) {
    const validate = ajv.compile(message.payload()?.json() as object);
    const examples = message.examples().all();
    t.not(examples.length, 0, `${message.name()} has an example`);
    for (const example of examples) {
      t.ok(validate(example.payload()), `${message.name()}: ${ajv.errorsText(validate.errors)}`);
    }
    t.notOk(validate(null), `${message.name()}: null is refused`);
  }
  const names = new Set(messages.map((message) => message.name()));
  for (const name of Object.keys(payloadJsonSchemas())) t.ok(names.has(name), `${name} has a message`);
});

t.test('every topic has one channel, and every channel a topic', async (t) => {
  const topics = Object.entries(deviceTopics('box'))
    .filter(([name]) => name !== 'base')
    .map(([, topic]) => (typeof topic === 'string' ? topic : (topic('some-id') as string)));
  const channels = document
    .allChannels()
    .all()
    .map((channel) => channel.address() ?? '');
  const fits = (channel: string, topic: string): boolean =>
    new RegExp(`^${channel.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(topic);
  for (const topic of topics) {
    t.equal(channels.filter((channel) => fits(channel, topic)).length, 1, topic);
  }
  for (const channel of channels)
    t.ok(
      topics.some((topic) => fits(channel, topic)),
      channel,
    );
});
