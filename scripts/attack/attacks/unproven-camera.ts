import { setTimeout as sleep } from 'node:timers/promises';
import { TestCertificates } from '../../../test/support/test-certificates.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { addresses } from '../addresses.js';
import type { Attack, Outcome } from '../attack.js';
import { demandLogin } from '../trap.js';

const canary = 'canary-51d0c2';
/** Longer than the next opening takes. */
const openingsMs = 6000;

/** Somebody between agent and camera has a certificate that nobody vouches for. */
export const unprovenCamera: Attack = {
  title: 'a camera with a certificate of its own making',
  async run(arena) {
    const certificates = new TestCertificates();
    arena.atEnd(() => certificates.remove());
    const certificate = certificates.authority('nobody');
    const outcomes: Outcome[] = [];
    for (const scheme of ['rtsps', 'https']) {
      const trap = await arena.trap({ address: addresses.attacker, answer: demandLogin, certificate });
      const source = `${scheme}://${addresses.attacker}:${trap.port}/stream`;
      const cameras = [{ id: 'cam0', source, username: 'x', password: canary }];
      const victim = await arena.victim({ config: { cameras } });
      await waitFor('the camera is asked', () => trap.connections > 0, 60_000).catch(() => {});
      await sleep(openingsMs);
      const stolen = trap.credentials.some((text) => text.includes(canary));
      const tried = trap.connections > 0;
      const what = `${scheme}: log-in at a self-signed host`;
      const seen = !tried
        ? 'it was never asked: the attack could not be made'
        : stolen
          ? 'password received'
          : `no password, ${trap.connections} connections`;
      outcomes.push({ what, held: tried && !stolen && trap.requests.length === 0, seen });
      await victim.end();
    }
    return outcomes;
  },
};
