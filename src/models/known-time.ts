import { join } from 'node:path';
import { z } from 'zod';
import { releasedAt } from '../released.js';
import { writeDurably } from '../write-durably.js';
import { readSealed, seal } from './sealed-file.js';
import type { ModelStore } from './store.js';

const storedTime = z.strictObject({ at: z.int().min(0) });

/** How far the stored time may be behind before it is written again. */
const graceMs = 60 * 60 * 1000;

export interface KnownTimeOptions {
  /** Whether the clock is to be believed. */
  isSynced: () => Promise<boolean>;
  /** ms since the Unix epoch; `Date.now` where left out. */
  wallClock?: (() => number) | undefined;
}

export interface KnownTime {
  /** ms since the Unix epoch: now, or where the clock is not to be believed, a moment that is past for certain. */
  at: number;
  isNow: boolean;
}

/**
 * The time, as far as it is known. A clock that nobody has set may stand anywhere, in 1970 as in 2099: then the later of
 * the release of this agent and of the last moment at which the clock was right here. That moment is kept, and follows
 * the clock in both directions, so that a wrong one does not stay. Never throws.
 */
export async function knownTime(
  store: ModelStore,
  { isSynced, wallClock = Date.now }: KnownTimeOptions,
): Promise<KnownTime> {
  const path = join(store.folder, 'clock.json');
  const found = await readSealed(path, 'clock', storedTime);
  const stored = 'content' in found ? found.content.at : 0;
  const now = wallClock();
  if (!(await isSynced()) || now < releasedAt) return { at: Math.max(releasedAt, stored), isNow: false };
  if (Math.abs(now - stored) > graceMs) {
    await writeDurably(path, seal('clock', { at: Math.round(now) })).catch(() => {});
  }
  return { at: now, isNow: true };
}
