import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { IClientOptions } from 'mqtt';
import { z } from 'zod';
import type { Command, CommandContext } from '../../src/mqtt/command.js';
import { CommandReceiver, type CommandReceiverOptions } from '../../src/mqtt/command-receiver.js';
import { type CommandResponsePayload, commandResponsePayload } from '../../src/mqtt/payloads.js';
import { redactUrls } from '../../src/telemetry/redact-urls.js';
import { MqttObserver, type ObservedMessage } from './mqtt-observer.js';
import { startPublisher } from './test-publisher.js';
import { waitFor } from './wait-for.js';

/** Where the device takes requests: `base/{name}`. */
export const base = 'edgepose/v1/box/cmd';
/** Where the one who asks listens. */
export const answers = 'edgepose/client/ui';
/** No arguments. */
export const none = z.strictObject({});

export function command<Args extends z.ZodObject>(
  args: Args,
  run: (args: z.output<Args>, context: CommandContext) => Promise<object>,
  timeLimitMs = 5000,
): Command {
  return { args, run, timeLimitMs };
}

/** Says what it is told. */
export const echo = command(z.strictObject({ text: z.string().optional() }), async ({ text = '' }) => ({
  text,
}));

/** Properties of a request of MQTT 5; the topic is `answers` where left out. */
interface RequestProperties {
  readonly id?: string;
  readonly topic?: string;
  readonly expiry?: number;
}

interface DeviceOptions extends Partial<CommandReceiverOptions> {
  readonly url: string;
  readonly protocolVersion?: 4 | 5;
  /** To the embedded broker. */
  readonly openStream?: () => Duplex;
  /** Of the one who asks. */
  readonly login?: IClientOptions;
}

/** A connected device that takes `echo` or other commands, as many a second as come, and somebody who asks. */
export async function startCommandDevice(
  t: Parameters<typeof startPublisher>[0],
  { url, protocolVersion = 5, openStream, login = {}, ...options }: DeviceOptions,
) {
  const publisher = startPublisher(t, { url, protocolVersion, openStream });
  const { topics } = publisher;
  const errors: unknown[] = [];
  const receiver = new CommandReceiver({
    publisher,
    topics,
    commands: { echo },
    redact: redactUrls,
    onError: (_command, error) => errors.push(error),
    limits: { perSecond: 1000 },
    ...options,
  });
  receiver.start();
  const observer = await MqttObserver.connect(url, '#', { protocolVersion, ...login });
  t.teardown(() => observer.close());
  await observer.waitForState(topics.state, 'init');
  await delay(50); // the subscriptions follow the birth

  const ask = (name: string, body: object | string, properties?: RequestProperties): Promise<void> => {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    if (properties === undefined) return observer.publish(`${base}/${name}`, payload);
    const { id, topic = answers, expiry } = properties;
    return observer.publish(`${base}/${name}`, payload, {
      properties: {
        responseTopic: topic,
        ...(id === undefined ? {} : { correlationData: Buffer.from(id) }),
        ...(expiry === undefined ? {} : { messageExpiryInterval: expiry }),
      },
    });
  };
  const answer = async (
    topic: string,
    index = 0,
  ): Promise<ObservedMessage & { body: CommandResponsePayload }> => {
    await waitFor(`answer ${index} on ${topic}`, () => observer.of(topic).length > index);
    const message = observer.of(topic)[index] as ObservedMessage;
    return { ...message, body: commandResponsePayload.parse(JSON.parse(message.text)) };
  };
  return { publisher, receiver, observer, ask, answer, errors };
}
