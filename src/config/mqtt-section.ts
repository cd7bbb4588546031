import { z } from 'zod';
import { key } from './key.js';

function isBrokerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  if (protocol !== 'mqtt:' && protocol !== 'mqtts:') return false;
  return (
    hostname !== '' && username + password + search + hash === '' && (pathname === '' || pathname === '/')
  );
}

const path = () => z.string().min(1).max(4096).optional();

/** The broker, and how to get in. */
export const mqttSection = z
  .strictObject({
    url: key(z.string().max(2048).refine(isBrokerUrl).optional(), {
      about:
        "The broker's address; where left out, a broker inside the agent listens on loopback. " +
        'mqtt://user:password@host is accepted and split into username and password.',
      applies: 'agent',
      localOnly: 'always',
      expected: 'mqtt://host:1883 or mqtts://host:8883',
      examples: ['mqtt://192.0.2.10:1883', 'mqtts://broker.example.com:8883'],
    }),
    protocol: key(z.literal(['auto', 5, '3.1.1']).default('auto'), {
      about:
        'Version of MQTT. auto speaks 5, and 3.1.1 with a broker that does not: there poses do not expire, and ' +
        'answers have no correlation data.',
      applies: 'agent',
      localOnly: 'always',
      expected: 'auto, 5 or 3.1.1',
    }),
    username: key(z.string().min(1).max(65_535).optional(), {
      about: 'Name to log in with.',
      applies: 'agent',
      localOnly: 'always',
      examples: ['edge-box-7'],
    }),
    password: key(z.string().max(65_535).optional(), {
      about: 'Password to log in with; password_file keeps it out of the configuration.',
      applies: 'agent',
      localOnly: 'always',
      secret: true,
    }),
    password_file: key(path(), {
      about: 'File that holds the password on its first line.',
      applies: 'agent',
      localOnly: 'always',
      examples: ['/run/credentials/edge-pose-agent.service/mqtt-password'],
    }),
    ca_file: key(path(), {
      about:
        "PEM file with the authorities that may have signed the broker's certificate; those that Node.js knows where left out.",
      applies: 'agent',
      localOnly: 'always',
      examples: ['/etc/edge-pose-agent/ca.pem'],
    }),
    cert_file: key(path(), {
      about: "PEM file with this device's own certificate.",
      applies: 'agent',
      localOnly: 'always',
      examples: ['/etc/edge-pose-agent/device.pem'],
    }),
    key_file: key(path(), {
      about: 'PEM file with the private key of cert_file.',
      applies: 'agent',
      localOnly: 'always',
      examples: ['/etc/edge-pose-agent/device.key'],
    }),
    keepalive_s: key(z.int().min(5).max(3600).default(15), {
      about: 'Seconds between signs of life; a dead connection is noticed after half as long again.',
      applies: 'agent',
      localOnly: 'always',
    }),
    embedded_port: key(z.int().min(0).max(65_535).default(1883), {
      about: 'Loopback port of the broker inside the agent, used where url is left out; 0 takes a free one.',
      applies: 'agent',
      localOnly: 'always',
    }),
  })
  .superRefine((mqtt, context) => {
    const refuse = (name: string, expected: string) =>
      context.addIssue({ code: 'custom', message: expected, path: [name], params: { expected } });
    if (mqtt.password !== undefined && mqtt.password_file !== undefined) {
      refuse('password_file', 'nothing, because mqtt.password is set too');
    }
    if (mqtt.cert_file !== undefined && mqtt.key_file === undefined) {
      refuse('key_file', 'a path, because mqtt.cert_file is set');
    }
    if (mqtt.key_file !== undefined && mqtt.cert_file === undefined) {
      refuse('cert_file', 'a path, because mqtt.key_file is set');
    }
    const tls = mqtt.ca_file ?? mqtt.cert_file ?? mqtt.key_file;
    if (tls !== undefined && mqtt.url !== undefined && !mqtt.url.toLowerCase().startsWith('mqtts:')) {
      refuse('url', 'mqtts://host:8883, because certificate files are set');
    }
  })
  .prefault({});
