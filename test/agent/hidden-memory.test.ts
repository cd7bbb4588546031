import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { DamageBox } from '../support/damage-box.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { argumentsOf, childrenOf } from '../support/processes.js';
import { waitFor } from '../support/wait-for.js';

const password = 'c4n4ry-of-the-environment';
const limitMs = 60_000;

/** What another process of the agent's user makes of a file below its folder in /proc. */
function readAs({ user }: DamageBox, pid: number, name: string): { refused: boolean; text: string } {
  // The first page of memory is nobody's: whoever may open it fails to read it all the same.
  const script = `exec 3< /proc/${pid}/${name} && { cat <&3 2>/dev/null; exit 0; }; exit 7`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { ...user, encoding: 'utf8' });
  if (status !== 0 && !/Permission denied/i.test(stderr)) throw new Error(stderr);
  return { refused: status !== 0, text: stdout };
}

t.test('nobody of their user reads the memory or environment of agent and worker', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  t.teardown(() => mosquitto.stop());
  const observer = await MqttObserver.connect(mosquitto.url, '#');
  t.teardown(() => observer.close());
  const box = DamageBox.make(
    (at) => ({
      device_id: 'test-box',
      state_dir: at('state'),
      model: { id: 'blazepose-lite' },
      mqtt: { url: mosquitto.url, username: 'box' },
    }),
    {},
  );
  t.teardown(() => box.remove());
  let done = false;
  const running = box.run({
    environment: { EDGE_POSE_MQTT__PASSWORD: password },
    until: () => done,
    limitMs,
  });
  await waitFor('poses', () => observer.of('edgepose/v1/test-box/cam/cam0/pose').length > 0, limitMs);
  const agent = childrenOf(process.pid).find((pid) =>
    argumentsOf(pid).includes(box.at('pkg/dist/cli/main.js')),
  );
  const [worker] = childrenOf(agent as number);
  const other = spawn('sleep', ['1000'], { ...box.user, stdio: 'ignore' });
  t.teardown(() => other.kill('SIGKILL'));
  for (const name of ['environ', 'mem', 'maps']) {
    t.ok(readAs(box, agent as number, name).refused, `${name} of the agent`);
    t.ok(readAs(box, worker as number, name).refused, `${name} of the worker`);
    t.notOk(readAs(box, other.pid as number, name).refused, `${name} of any other process of that user`);
  }
  t.notMatch(readFileSync(`/proc/${worker}/environ`, 'utf8'), password);
  done = true;
  const { code, stderr } = await running;
  t.equal(code, 0, stderr);
});
