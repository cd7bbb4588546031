import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandClient } from '../../../test/support/command-client.js';
import { startHttpFileServer } from '../../../test/support/http-file-server.js';
import { UpdatePublisher } from '../../../test/support/update-publisher.js';
import { waitFor } from '../../../test/support/wait-for.js';
import type { Attack } from '../attack.js';
import { base } from '../victim.js';

/** A model that cannot run is activated, and at the same moment the disk stops taking anything. */
export const unwritableRollback: Attack = {
  title: 'a bad model is to be left, and the disk takes nothing',
  async run(arena) {
    const disk = join(arena.folder(), 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0700', 'tmpfs', disk]);
    arena.atEnd(() => execFileSync('umount', ['--lazy', disk]));
    const server = await startHttpFileServer();
    arena.atEnd(() => server.close());
    const publisher = new UpdatePublisher(server);
    const broker = await arena.broker();
    const victim = await arena.victim({
      broker,
      config: { state_dir: disk, model: { id: 'auto' }, updates: publisher.policy },
    });
    await victim.poses();
    const client = await CommandClient.connect(broker.url, base);
    arena.atEnd(() => client.close());
    const pulled = await client.ask('models-pull', { manifest: publisher.publish() });
    if (pulled.status !== 'ok') throw new Error(`the bad model is not taken: ${pulled.message}`);
    const activated = await client.ask('models-activate', { name: 'hall' });
    execFileSync('mount', ['-o', 'remount,ro', disk]);
    if (activated.status !== 'ok') throw new Error(`the bad model is not activated: ${activated.message}`);
    const rollback = (): boolean =>
      victim.observer?.of(`${base}/event`).some(({ text }) => text.includes('"rollback"')) ?? false;
    await waitFor('the roll-back', rollback, 20_000).catch(() => {});
    await sleep(1000);
    const held = await victim.hasPoses(3, 10_000);
    return [{ what: 'poses of the model before', held, seen: held ? 'they come' : 'none comes any more' }];
  },
};
