import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childrenOf, isAlive } from '../../../test/support/processes.js';
import { waitFor } from '../../../test/support/wait-for.js';
import { addresses } from '../addresses.js';
import type { Attack, Outcome } from '../attack.js';

const canary = 'canary-91be02';

/** What a process that reads a camera has of others. */
export const cameraProcesses: Attack = {
  title: 'what a process of a camera knows',
  async run(arena) {
    // Whoever asks for more waits.
    const answer = (request: string): string | undefined =>
      /^OPTIONS/.test(request) ? `RTSP/1.0 200 OK\r\n${/^CSeq:.*$/im.exec(request)?.[0]}\r\n\r\n` : undefined;
    const camera = await arena.trap({ address: addresses.camera, answer });
    const source = `rtsp://${addresses.camera}:${camera.port}/stream`;
    const victim = await arena.victim({
      config: { cameras: [{ id: 'cam0', source, username: 'x', password: canary }] },
      environment: { EDGE_POSE_MQTT__PASSWORD: canary, AWS_SECRET_ACCESS_KEY: canary },
    });
    let pid = 0;
    await waitFor(
      'a process of a camera',
      () => {
        const [worker] = victim.agent.children();
        pid = childrenOf(worker ?? 0).find((child) => commandOf(child) === 'pose-capture') ?? 0;
        return pid !== 0;
      },
      60_000,
    );
    const at = `/proc/${pid}`;
    const told = ['cmdline', 'environ'].filter((name) =>
      readFileSync(`${at}/${name}`, 'utf8').includes(canary),
    );
    const files = readdirSync(`${at}/fd`).map((name) => targetOf(`${at}/fd/${name}`));
    // Its pipes, its ring, and the connection to its camera.
    const foreign = files.filter((target) => !/^(socket:|pipe:|\/dev\/null|\/memfd:pictures)/.test(target));
    const outcomes: Outcome[] = [
      row('logins in its arguments and environment', told),
      row('files of the agent that it has open', foreign),
    ];
    victim.agent.child.kill('SIGKILL');
    await waitFor('its end', () => !isAlive(pid), 5000).catch(() => {});
    return [...outcomes, row('processes that outlive the agent', isAlive(pid) ? ['one'] : [])];
  },
};

function row(what: string, found: readonly string[]): Outcome {
  return { what, held: found.length === 0, seen: found.length === 0 ? 'none' : found.join(', ') };
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
  } catch {
    return '';
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return 'socket: that is gone';
  }
}
