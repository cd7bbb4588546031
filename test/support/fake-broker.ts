import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** CONNACK of MQTT 5 with a reason code and encoded properties. */
export function connack(reasonCode: number, properties: readonly number[] = []): Buffer {
  return Buffer.from([0x20, 3 + properties.length, 0x00, reasonCode, properties.length, ...properties]);
}

/** DISCONNECT of MQTT 5 with a reason code. */
export function disconnect(reasonCode: number): Buffer {
  return Buffer.from([0xe0, 0x01, reasonCode]);
}

/** PUBACK of the PUBLISH with that id, without a reason. */
export function puback(id: number): Buffer {
  return Buffer.from([0x40, 0x02, id >> 8, id & 0xff]);
}

/** SUBACK of MQTT 5 with a reason code for the one filter of the SUBSCRIBE with that id. */
export function suback(id: number, reasonCode: number): Buffer {
  return Buffer.from([0x90, 0x04, id >> 8, id & 0xff, 0x00, reasonCode]);
}

/** PUBLISH of MQTT 5, QoS 0, no properties. */
export function publish(topic: string, payload: string | Buffer): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    Buffer.from([name.length >> 8, name.length & 0xff]),
    name,
    Buffer.from([0]),
    Buffer.from(payload),
  ]);
  return Buffer.concat([Buffer.from([0x30, ...lengthBytes(body.length)]), body]);
}

function lengthBytes(length: number): number[] {
  return length < 128 ? [length] : [0x80 | (length & 0x7f), ...lengthBytes(length >> 7)];
}

/** A packet that a client sent: its type and flags, and its body. */
export interface SentPacket {
  readonly type: 'PUBLISH' | 'PUBACK' | 'SUBSCRIBE' | 'PINGREQ' | 'DISCONNECT' | 'other';
  readonly flags: number;
  readonly body: Buffer;
}

const types: Record<number, SentPacket['type']> = {
  3: 'PUBLISH',
  4: 'PUBACK',
  8: 'SUBSCRIBE',
  12: 'PINGREQ',
  14: 'DISCONNECT',
};

/** The id of a PUBLISH of QoS 1 or of a SUBSCRIBE. */
export function packetId({ type, body }: SentPacket): number {
  return body.readUInt16BE(type === 'PUBLISH' ? 2 + body.readUInt16BE(0) : 0);
}

/** Calls back with every packet that comes from now on. */
export function onPacket(socket: Socket, handle: (packet: SentPacket) => void): void {
  let buffered = Buffer.alloc(0);
  socket.on('data', (chunk) => {
    buffered = Buffer.concat([buffered, chunk]);
    for (;;) {
      let length = 0;
      let at = 1;
      do length += ((buffered[at] ?? 0) & 0x7f) << (7 * (at - 1));
      while ((buffered[at++] ?? 0) >= 0x80);
      if (buffered.length < at + length || buffered.length < 2) return;
      const first = buffered[0] as number;
      const body = buffered.subarray(at, at + length);
      buffered = buffered.subarray(at + length);
      handle({ type: types[first >> 4] ?? 'other', flags: first & 0xf, body });
    }
  });
}

/** From now on answers as a broker does that takes every message. */
export function acknowledgeAll(socket: Socket): void {
  onPacket(socket, (packet) => {
    if (packet.type === 'PUBLISH' && (packet.flags & 0x06) === 0x02) socket.write(puback(packetId(packet)));
    if (packet.type === 'PINGREQ') socket.write(Buffer.from([0xd0, 0x00]));
  });
}

/** A TCP server that answers the first packet of each connection by a script and ignores all others. */
export class FakeBroker {
  connections = 0;
  readonly #answer: (connection: number, socket: Socket, connect: Buffer) => void;
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;

  /** `answer` is called with the number of the connection, from 1, when its first bytes have come. */
  constructor(answer: (connection: number, socket: Socket, connect: Buffer) => void) {
    this.#answer = answer;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server?.address() as AddressInfo | undefined)?.port}`;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => {
      this.connections += 1;
      const connection = this.connections;
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => socket.destroy());
      socket.once('data', (connect) => this.#answer(connection, socket, connect));
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const server = this.#server;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    await closed;
  }
}
