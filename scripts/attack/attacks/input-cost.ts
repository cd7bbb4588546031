import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandClient } from '../../../test/support/command-client.js';
import { addresses } from '../addresses.js';
import type { Attack } from '../attack.js';
import { base } from '../victim.js';

const requests = 8;
const mostMs = 50;

/** Texts of which a quadratic reader takes far longer than of others as long. */
const sources = ['://', ':/', 'a-', 'a:', 'password=', '@', '"', '\\ '].map(
  (piece) => `rtsp://${piece.repeat(Math.ceil(16_000 / piece.length))}`,
);

export const inputCost: Attack = {
  title: 'input that costs more than its size',
  async run(arena) {
    const broker = await arena.broker();
    const victim = await arena.victim({ broker });
    await victim.poses();
    const client = await CommandClient.connect(broker.url, base);
    arena.atEnd(() => client.close());
    let worst = 0;
    for (const source of sources) {
      const ask = async (text: string): Promise<{ cpuMs: number; ms: number }> => {
        const before = victim.cpuMs();
        const begin = performance.now();
        for (let n = 0; n < requests; n++) {
          await client.ask('config-validate', { config: { cameras: [{ id: 'a', source: text }] } });
          await sleep(110); // ten commands a second are taken
        }
        return { cpuMs: victim.cpuMs() - before, ms: performance.now() - begin };
      };
      // What the agent computes for its poses meanwhile is taken off.
      const plain = await ask('rtsp://192.0.2.7/a');
      const hostile = await ask(source);
      worst = Math.max(worst, (hostile.cpuMs - (plain.cpuMs / plain.ms) * hostile.ms) / requests);
    }
    return [
      {
        what: 'config-validate with a source of 16,000 characters',
        held: worst <= mostMs,
        seen: `${Math.max(0, worst).toFixed(0)} ms of CPU time each (at most ${mostMs})`,
      },
      await endlessPart(arena),
    ];
  },
};

/** One part of a multipart stream, without a length, in many small pieces. */
async function endlessPart(arena: Parameters<Attack['run']>[0]) {
  const bytes = 8 * 2 ** 20;
  let sent = 0;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    response.write('--frame\r\nContent-Type: image/jpeg\r\n\r\n');
    const piece = Buffer.alloc(1460, '-');
    const pump = (): void => {
      while (sent < bytes) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', () => setImmediate(pump));
      }
    };
    pump();
  });
  server.listen(0, addresses.camera);
  await once(server, 'listening');
  arena.atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const source = `http://${addresses.camera}:${(server.address() as AddressInfo).port}/`;
  const victim = await arena.victim({ config: { cameras: [{ id: 'cam0', source }] } });
  while (sent === 0) await sleep(20);
  const pid = victim.workerPid;
  const before = victim.cpuMs(pid);
  for (let waited = 0; sent < bytes && waited < 10_000; waited += 100) await sleep(100);
  const spent = victim.cpuMs(pid) - before;
  const perMegabyte = spent / (sent / 2 ** 20);
  return {
    what: 'a multipart part without length, of 8 MiB',
    held: sent >= bytes && perMegabyte <= mostMs,
    seen: `${perMegabyte.toFixed(0)} ms of CPU time per MiB (at most ${mostMs}), ${(sent / 2 ** 20).toFixed(1)} MiB taken`,
  };
}
