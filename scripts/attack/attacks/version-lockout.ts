import type { Attack } from '../attack.js';

export const versionLockout: Attack = {
  title: 'a document uses up the version numbers',
  async run(arena) {
    const victim = await arena.victim();
    await victim.poses();
    // The first works only where it is not taken, or rolled back: nobody must be locked out either way.
    await victim.desire(Number.MAX_SAFE_INTEGER, { pose: { min_score: 0.5 } });
    const next = await victim.desire(7, { stats: { interval_s: 2 } });
    const held = next?.status === 'applied';
    return [{ what: 'version 2^53-1, then an ordinary one', held, seen: next?.status ?? 'no report' }];
  },
};
