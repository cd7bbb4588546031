import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { atScale, reached } from './fault-figure.js';
import type { Mosquitto } from './mosquitto.js';
import { waitFor } from './wait-for.js';

/** Seconds of each outage: 47 short ones and 3 long ones at the full count. */
export const outages: readonly number[] = atScale({
  few: [2, 2],
  tenth: [2, 2, 2, 2, 2],
  full: Array.from({ length: 50 }, (_, n) => (n % 16 === 15 ? 60 : 2)),
});

/** With this between two outages, the pauses between attempts to connect begin anew with each. */
const steadyMs = atScale({ few: 0, tenth: 11_000, full: 11_000 });

/** Enough for every outage, and for the longest way back after each. */
export const outagesTimeoutMs = outages.reduce((sum, seconds) => sum + seconds + 80, 60) * 1000;

/** Whoever is to survive. */
export interface OutageSubject {
  /** As in `agent`. */
  name: string;
  /** Whether it has come back, judged by what was heard since a monotonic time in ms. */
  isOnline: (since: number) => boolean;
  rssMb: () => number;
  /** QoS 1 messages that are not acknowledged. */
  queued: () => number;
  beforeOutage?: () => Promise<void>;
  afterOutage?: () => Promise<void>;
}

/** Kills the broker again and again, and tells how the subject bore it. */
export async function sufferOutages(t: Test, broker: Mosquitto, subject: OutageSubject): Promise<void> {
  const { name, isOnline, rssMb, queued, beforeOutage, afterOutage } = subject;
  const memory = [rssMb()];
  const sampling = setInterval(() => memory.push(rssMb()), 1000);
  t.teardown(() => clearInterval(sampling));
  const backAfter: number[] = [];
  const onlineAt: number[] = [];
  for (const seconds of outages) {
    await beforeOutage?.();
    await broker.kill();
    await sleep(seconds * 1000);
    await broker.start();
    const returned = performance.now();
    await waitFor(`${name} online again`, () => isOnline(returned), 60_000);
    onlineAt.push(performance.now());
    backAfter.push((performance.now() - returned) / 1000);
    await afterOutage?.();
    await sleep(steadyMs);
  }
  await sleep(1500);
  clearInterval(sampling);

  const fault = 'broker_killed';
  const slowest = Math.max(...backAfter);
  reached(t, { fault, what: `${name} online again after`, value: slowest, unit: 's', atMost: 35 });
  reached(t, { fault, what: 'its connects in any minute', value: mostInAMinute(onlineAt), atMost: 10 });
  reached(t, { fault, what: 'its queue', value: queued(), exactly: 0 });
  reached(t, { fault, what: 'its memory grew by', value: growth(memory), unit: 'MB', atMost: 10 });
}

function mostInAMinute(times: readonly number[]): number {
  const since = (begin: number): number => times.filter((at) => at >= begin && at < begin + 60_000).length;
  return Math.max(...times.map(since));
}

/** The least of the last minute less the least of the first: what waits for the collector is no growth. */
function growth(everySecond: readonly number[]): number {
  const length = Math.min(60, Math.ceil(everySecond.length / 2));
  return Math.min(...everySecond.slice(-length)) - Math.min(...everySecond.slice(0, length));
}
