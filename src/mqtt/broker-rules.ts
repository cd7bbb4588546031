import type { AedesOptions, Client, ConnectPacket } from 'aedes';
import { PublicTopics, type Role } from './broker-access.js';
import { BrokerMemory } from './broker-memory.js';
import { type ClientLimits, GuardedStream } from './guarded-stream.js';
import { isPassword, ownerName } from './owner-password.js';
import type { DeviceTopics } from './topics.js';

/** Return codes of a CONNACK. */
const serverUnavailable = 3;
const badPassword = 4;
const notAuthorised = 5;

const maxReaders = 32;
const maxOwners = 16;
const maxSubscriptions = 8;
const maxTopicLength = 256;
const ownerLimits: ClientLimits = { packetBytes: 256 * 1024, packetsPerSecond: 200, burst: 400 };
const noticeIntervalMs = 60_000;

export interface BrokerRulesOptions {
  readonly topics: DeviceTopics;
  readonly ownerPassword: string | undefined;
  readonly onNotice: ((text: string) => void) | undefined;
  /** Of everybody but the agent. */
  readonly connections: ReadonlySet<GuardedStream>;
}

/** Why a client is not let in, with the code that says so. */
class Refusal extends Error {
  constructor(
    readonly returnCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Who may do what at the broker inside the agent, and how much of it, as the broker library asks. */
export function brokerRules(options: BrokerRulesOptions): AedesOptions {
  const { topics, ownerPassword, connections, onNotice = () => {} } = options;
  const publicTopics = new PublicTopics(topics);
  const notice = oncePerMinute(onNotice);
  let count = 0;

  return {
    persistence: new BrokerMemory({
      isOwn: (topic) => publicTopics.has(topic),
      onFull: (topic) => notice('full', `${topic}: the broker inside the agent retains no more messages`),
    }),

    preConnect(client, packet: ConnectPacket, callback) {
      // Names of the broker's own: who takes another's name would throw it out. And a session would outlive its client.
      packet.clientId = isAgent(client) ? 'agent' : `client-${++count}`;
      packet.clean = true;
      if (client.conn instanceof GuardedStream) client.conn.hasWill = packet.will !== undefined;
      callback(null, true);
    },

    authenticate(client, username, password, callback) {
      const { conn } = client;
      if (!(conn instanceof GuardedStream)) {
        callback(null, true);
        return;
      }
      try {
        const isOwner = username !== undefined || password !== undefined;
        if (isOwner) checkPassword(username, password);
        admit(conn, isOwner ? 'owner' : 'reader');
        callback(null, true);
      } catch (error) {
        callback(error as Refusal, false);
      }
    },

    authorizePublish(client, { topic }, callback) {
      const role = client === null ? 'agent' : roleOf(client);
      if (role === 'reader') {
        notice(
          'publish',
          `a client without the owner's password wanted to publish on ${shown(topic)}: refused`,
        );
        callback(new Error('not authorized'));
      } else if (topic.startsWith('$') || topic.length > maxTopicLength) {
        callback(new Error('no topic to publish on'));
      } else {
        callback(null);
      }
    },

    authorizeSubscribe(client, subscription, callback) {
      const { topic } = subscription;
      const role = roleOf(client);
      const known = Object.keys((client as unknown as { subscriptions: object }).subscriptions);
      const allowed =
        topic.length <= maxTopicLength &&
        !topic.startsWith('$') &&
        (role !== 'reader' || publicTopics.overlaps(topic)) &&
        (role === 'agent' || known.length < maxSubscriptions || known.includes(topic));
      callback(null, allowed ? subscription : null);
    },

    authorizeForward(client, packet) {
      const { conn } = client;
      if (!(conn instanceof GuardedStream)) return packet;
      if (conn.role === 'reader' && !publicTopics.has(packet.topic)) return null;
      // Retained ones, which a subscription brings, are handed out one after the other, as the client takes them.
      if (packet.retain || !conn.isBehind) return packet;
      // What is promised to arrive cannot be left out.
      if (packet.qos > 0) conn.destroy();
      return null;
    },
  };

  /** Throws Refusal. */
  function checkPassword(username: string | undefined, password: Buffer | undefined): void {
    const given = password ?? Buffer.alloc(0);
    if (username === ownerName && ownerPassword !== undefined && isPassword(given, ownerPassword)) return;
    notice('password', 'a client was refused by the broker inside the agent: wrong user name or password');
    throw new Refusal(badPassword, 'wrong user name or password');
  }

  /** Throws Refusal. */
  function admit(conn: GuardedStream, role: Role): void {
    if (role === 'reader' && conn.hasWill) {
      notice('will', "a client without the owner's password wanted to leave a will: refused");
      throw new Refusal(notAuthorised, 'a will is a message');
    }
    const most = role === 'owner' ? maxOwners : maxReaders;
    if ([...connections].filter((one) => one.role === role).length >= most) {
      notice('many', `the broker inside the agent has ${most} clients, and takes no more`);
      throw new Refusal(serverUnavailable, 'too many clients');
    }
    conn.role = role;
    if (role === 'owner') conn.allow(ownerLimits);
  }
}

function isAgent({ conn }: Client): boolean {
  return !(conn instanceof GuardedStream);
}

function roleOf({ conn }: Client): Role {
  return conn instanceof GuardedStream ? (conn.role ?? 'reader') : 'agent';
}

/** Chosen by whoever sent it. */
function shown(topic: string): string {
  return JSON.stringify(topic.slice(0, 100));
}

function oncePerMinute(tell: (text: string) => void): (kind: string, text: string) => void {
  const toldAt = new Map<string, number>();
  return (kind, text) => {
    const now = performance.now();
    if (now - (toldAt.get(kind) ?? Number.NEGATIVE_INFINITY) < noticeIntervalMs) return;
    toldAt.set(kind, now);
    tell(text);
  };
}
