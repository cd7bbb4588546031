import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Attack } from '../attack.js';

/** The broker's password changes, and so does the file that the agent was given. */
export const rotatedPassword: Attack = {
  title: "the broker's password is changed",
  async run(arena) {
    const folder = arena.folder();
    const accounts = join(folder, 'accounts');
    const file = join(folder, 'password');
    const set = (password: string): void => {
      execFileSync('mosquitto_passwd', ['-b', '-c', accounts, 'box', password], { stdio: 'ignore' });
      writeFileSync(file, `${password}\n`, { mode: 0o600 });
    };
    set('before');
    const broker = await arena.broker([`password_file ${accounts}`, 'allow_anonymous true']);
    const victim = await arena.victim({
      broker,
      config: { mqtt: { url: broker.url, username: 'box', password_file: file } },
    });
    await victim.poses();
    await broker.kill();
    set('after');
    await broker.start();
    const held = await victim.hasPoses(3, 40_000);
    return [{ what: 'poses after the rotation', held, seen: held ? 'they come' : 'none within 40 s' }];
  },
};
