import { randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DiscoveredCamera, probeMessage, readMatches } from './probe-messages.js';

/** An IPv4 address of this machine, and the interface that has it. */
export interface OwnInterface {
  readonly name: string;
  readonly address: string;
}

export interface DiscoverOptions {
  /** Those that are asked on. */
  readonly interfaces: readonly OwnInterface[];
  /** How long answers are waited for, ms. Devices answer within half a second of a question. */
  readonly waitMs: number;
}

export interface Discovery {
  /** In the order of their addresses. */
  readonly cameras: readonly DiscoveredCamera[];
  /** Why nothing could be asked on an interface. */
  readonly failures: readonly { readonly name: string; readonly reason: string }[];
}

const group = '239.255.255.250';
const port = 3702;
/** Packets get lost: each question is asked again, ms after the first time. */
const repeatMs = [0, 250, 1000];
/** What somebody who floods this machine with answers can make it read and keep. */
const maxAnswers = 10_000;
const maxCameras = 1000;

/** The interfaces with an IPv4 address and a link; loopback only where it is named. */
export function usableInterfaces(names?: readonly string[]): OwnInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === 'IPv4' && (names?.includes(name) ?? !internal))
      .map(({ address }) => ({ name, address })),
  );
}

/** Asks every ONVIF device of the network to say where it is (WS-Discovery). Never throws. */
export async function discoverCameras({ interfaces, waitMs }: DiscoverOptions): Promise<Discovery> {
  const found = new Map<string, DiscoveredCamera>();
  const failures: Discovery['failures'][number][] = [];
  const probes = ['NetworkVideoTransmitter', 'Device'] as const;
  const questions = probes.map((type) => probeMessage(type, `urn:uuid:${randomUUID()}`));
  const asked = new Set(questions.map(({ id }) => id));
  let answers = 0;
  const receive = (message: Buffer, from: string): void => {
    if (++answers > maxAnswers) return;
    for (const camera of readMatches(message, asked, from)) {
      if (found.size < maxCameras) found.set(camera.source, camera);
    }
  };
  await Promise.all(
    interfaces.map(async ({ name, address }) => {
      const socket = createSocket({ type: 'udp4' });
      // Also after all this: one that nobody waits for any more is no crash.
      socket.on('error', () => {});
      socket.on('message', (message, { address: from }) => receive(message, from));
      try {
        await ask(socket, address, { messages: questions.map(({ message }) => message), waitMs });
      } catch (error) {
        failures.push({ name, reason: (error as Error).message });
      } finally {
        socket.close();
      }
    }),
  );
  const cameras = [...found.values()].sort((one, other) => compareAddresses(one.address, other.address));
  return { cameras, failures };
}

/** Resolves when the time is over. Rejects with the error of the system. */
async function ask(
  socket: Socket,
  address: string,
  { messages, waitMs }: { messages: readonly Buffer[]; waitMs: number },
): Promise<void> {
  socket.bind(0, address);
  await once(socket, 'listening');
  const broken = once(socket, 'error').then(([error]) => Promise.reject(error as Error));
  broken.catch(() => {});
  socket.setMulticastInterface(address);
  const begun = performance.now();
  for (const at of repeatMs.filter((ms) => ms < waitMs)) {
    await until(begun + at);
    for (const message of messages) await send(socket, message);
  }
  await Promise.race([until(begun + waitMs), broken]);
}

/** `at` on performance.now()'s clock. */
function until(at: number): Promise<void> {
  return sleep(Math.max(0, at - performance.now()));
}

function send(socket: Socket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(message, port, group, (error) => (error === null ? resolve() : reject(error)));
  });
}

function compareAddresses(one: string, other: string): number {
  const number = (address: string): number =>
    address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(one) - number(other);
}
