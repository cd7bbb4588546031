/** CPU time of this process that something takes, in ms; the least of three times, since other work may fall into one. */
export function cpuMs(something: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 3; time++) {
    const since = process.cpuUsage();
    something();
    least = Math.min(least, msSince(since));
  }
  return least;
}

/** As cpuMs for what goes on for a while, in which nothing else should; at most five times, until one takes no more than
 *  `enough`. */
export async function cpuMsUpTo(enough: number, something: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let time = 0; time < 5 && least > enough; time++) {
    const since = process.cpuUsage();
    await something();
    least = Math.min(least, msSince(since));
  }
  return least;
}

function msSince(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
