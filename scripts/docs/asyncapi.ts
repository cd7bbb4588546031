import { stringify } from 'yaml';
import { z } from 'zod';
import { contractVersion } from '../../src/mqtt/payloads.js';
import {
  agentConnection,
  baseTopic,
  type Channel,
  type ChannelMessage,
  channels,
  parameters,
  parametersOf,
} from './channels.js';
import { stateExample } from './example-payloads.js';

const bindingVersion = '0.2.0';

/** docs/asyncapi.yaml: the MQTT contract as AsyncAPI 3.0, seen from the agent, which "sends" what clients subscribe to. */
export function asyncapiYaml(): string {
  const text = stringify(asyncapiDocument(), { lineWidth: 110, aliasDuplicateObjects: false });
  return `# Made by scripts/generate-docs.ts from scripts/docs/channels.ts: change that.\n${text}`;
}

function asyncapiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'edge-pose-agent',
      version: `${contractVersion}.0.0`,
      description:
        'Human poses, state and figures of edge boxes over MQTT. The major version is part of every topic. Later ' +
        'minor versions add topics and keys; ignore those that you do not know. docs/mqtt.md says the same in words.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: servers(),
    channels: byName(channels, channelObject),
    operations: byName(channels, operationObject, operationName),
    components: {
      serverBindings: { agent: { mqtt: connectionBinding() } },
      messages: byName(
        channels.flatMap(({ messages }) => messages),
        messageObject,
      ),
      parameters,
    },
  };
}

function servers(): object {
  const bindings = reference('components', 'serverBindings', 'agent');
  return {
    tls: {
      host: 'broker.example.com:8883',
      protocol: 'secure-mqtt',
      protocolVersion: '5.0',
      description: 'Your broker, over TLS.',
      bindings,
    },
    plain: {
      host: 'broker.example.com:1883',
      protocol: 'mqtt',
      protocolVersion: '5.0',
      description: 'Your broker without TLS, in a network that you trust.',
      bindings,
    },
    embedded: {
      host: '127.0.0.1:1883',
      protocol: 'mqtt',
      protocolVersion: '3.1.1',
      description:
        'The broker inside the agent, where none is configured. Loopback only; anybody reads, its owner alone publishes.',
    },
  };
}

/** How the agent itself connects. AsyncAPI has no place for the delay of the will. */
function connectionBinding(): object {
  const { keepAlive, sessionExpiry, maximumPacketSize } = agentConnection;
  return {
    clientId: '{device}',
    cleanSession: false,
    lastWill: {
      topic: `${baseTopic}/state`,
      qos: 1,
      retain: true,
      message: JSON.stringify({ ...stateExample, state: 'offline' }),
    },
    keepAlive,
    sessionExpiryInterval: sessionExpiry,
    maximumPacketSize,
    bindingVersion,
  };
}

function channelObject({ name, topic, carries, messages }: Channel): object {
  const address = `${baseTopic}/${topic}`;
  return {
    address,
    title: name,
    description: `${capitalised(carries)}.`,
    parameters: Object.fromEntries(
      parametersOf(address).map((parameter) => [parameter, reference('components', 'parameters', parameter)]),
    ),
    messages: byName(messages, (message) => reference('components', 'messages', message.name)),
  };
}

function operationObject(channel: Channel): object {
  const { from, qos, retain, expirySeconds, answeredOn, carries } = channel;
  const answer = channels.find(({ name }) => name === answeredOn);
  return {
    action: from === 'agent' ? 'send' : 'receive',
    summary: `${capitalised(carries)}.`,
    ...channelAndMessages(channel),
    ...(answer === undefined ? {} : { reply: channelAndMessages(answer) }),
    bindings: {
      mqtt: {
        qos,
        retain,
        ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
        bindingVersion,
      },
    },
  };
}

function channelAndMessages({ name, messages }: Channel): object {
  return {
    channel: reference('channels', name),
    messages: messages.map((message) => reference('channels', name, 'messages', message.name)),
  };
}

function messageObject({ name, payload, example }: ChannelMessage): object {
  // AsyncAPI's own schema language is a superset of this draft.
  const { $schema: _, ...schema } = z.toJSONSchema(payload, { io: 'input', target: 'draft-7' });
  return {
    name,
    title: `edge-pose-agent ${name}`,
    contentType: 'application/json',
    payload: schema,
    examples: [{ name, payload: example }],
  };
}

function operationName({ name, from }: Channel): string {
  return `${from === 'agent' ? 'send' : 'receive'}-${name}`;
}

function byName<T extends { name: string }>(
  list: readonly T[],
  make: (entry: T) => object,
  nameOf = ({ name }: T): string => name,
): Record<string, object> {
  return Object.fromEntries(list.map((entry) => [nameOf(entry), make(entry)]));
}

function reference(...path: string[]): { $ref: string } {
  return { $ref: `#/${path.join('/')}` };
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
