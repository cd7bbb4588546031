import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Aedes } from 'aedes';
import { MqttObserver } from '../../../test/support/mqtt-observer.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { addresses } from '../addresses.js';
import type { Attack } from '../attack.js';
import { base } from '../victim.js';

export const oldBroker: Attack = {
  title: 'a broker that speaks MQTT 3.1.1 alone',
  async run(arena) {
    const broker = await Aedes.createBroker();
    const server = createServer((socket) => void broker.handle(socket)).listen(0, addresses.loopback);
    await once(server, 'listening');
    arena.atEnd(() => broker.close(() => server.close()));
    const url = `mqtt://${addresses.loopback}:${(server.address() as AddressInfo).port}`;
    const observer = await arena.observer(MqttObserver.connect(url, `${base}/#`, { protocolVersion: 4 }));
    await arena.alone({ config: { mqtt: { url } } });
    const poses = (): number => observer.of(`${base}/cam/cam0/pose`).length;
    const held = await waitFor('poses', () => poses() > 3, 30_000).then(
      () => true,
      () => false,
    );
    return [{ what: 'poses through it', held, seen: held ? 'they come' : 'none' }];
  },
};
