import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import type { CameraStatusPayload } from '../../src/mqtt/payloads.js';
import { AgentProcess } from '../support/agent-process.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { NotifySocket } from '../support/notify-socket.js';
import { waitFor } from '../support/wait-for.js';

const run = promisify(execFile);
const model = { id: 'blazepose-lite' };
const base = 'edgepose/v1/test-box';

/** Where the agent wrote down that its broker is. */
async function brokerOf(agent: AgentProcess): Promise<{ url: string; folder: string }> {
  const folder = join(agent.folder, 'state/broker');
  await waitFor('the broker is written down', () => existsSync(join(folder, 'mosquitto_sub')), 30_000);
  return { url: readFileSync(join(folder, 'url'), 'utf8').trim(), folder };
}

t.test(
  'what is printed sends a command; a camera says why it is offline; nothing is left behind',
  async (t) => {
    const agent = new AgentProcess(['run', '--frames', '40', '--pace', 'realtime'], {
      model,
      mqtt: { embedded_port: 0 },
      cameras: [{ id: 'cam0' }, { id: 'off', enabled: false }],
    });
    t.teardown(() => agent.remove());
    const { url, folder } = await brokerOf(agent);
    const password = readFileSync(join(folder, 'password'), 'utf8').trim();
    const login = { protocolVersion: 4 as const, username: 'owner', password };
    const owner = await MqttObserver.connect(url, `${base}/#`, login);
    t.teardown(() => owner.close());
    const printed = (): string | undefined =>
      /^ {2}(XDG_CONFIG_HOME=.*mosquitto_pub.*)$/m.exec(agent.stdout)?.[1];
    await waitFor('the line is printed', () => printed() !== undefined);
    t.notMatch(agent.stdout + agent.stderr, password);
    if (spawnSync('mosquitto_pub', ['--help']).error === undefined) {
      await run('sh', ['-c', printed() as string]);
      await waitFor('the answer', () => owner.of(`${base}/cmd/log-level/resp`).length > 0);
      t.match(owner.last(`${base}/cmd/log-level/resp`), { status: 'ok', data: { level: 'debug' } });
    }
    const { code } = await agent.done;
    t.equal(code, 0);
    const statuses = owner.messages.filter(({ topic }) => topic.endsWith('/status'));
    const said = statuses.map(({ topic, text }) => {
      const { status, reason } = JSON.parse(text) as CameraStatusPayload;
      return { camera: topic.split('/').at(-2), status, reason };
    });
    for (const { camera, status, reason } of said) {
      if (status === 'online') t.equal(reason, null);
      else t.match(reason, /^[a-z].{5,}/, `${camera} is ${status}: ${reason}`);
    }
    const reasons = said.map(({ camera, reason }) => `${camera}: ${reason}`);
    t.ok(reasons.includes('off: disabled by the configuration'), reasons.join());
    t.match(
      reasons.at(-1),
      /^cam0: the (recording has ended|agent is stopped)$/,
      'the last that is retained',
    );
    t.ok(reasons.includes('cam0: not started yet'), reasons.join());
    t.strictSame(readdirSync(folder), [], 'no port is written down any more');
  },
);

t.test('a service whose port is taken takes another, and sends nothing to who has it', async (t) => {
  const heard: Buffer[] = [];
  const squatter = createServer((socket) =>
    socket.on('error', () => {}).on('data', (chunk) => heard.push(chunk)),
  );
  squatter.listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  t.teardown(() => squatter.close());
  const { port } = squatter.address() as AddressInfo;
  const config = { model, mqtt: { embedded_port: port } };
  const socket = await NotifySocket.open(`@edge-pose-broker-test-${process.pid}`);
  t.teardown(() => socket.close());
  const environment = { NOTIFY_SOCKET: socket.address };
  const agent = new AgentProcess(['run', '--duration', '60'], config, { environment });
  t.teardown(() => agent.remove());
  const { url } = await brokerOf(agent);
  t.not(new URL(url).port, String(port));
  t.match(
    agent.stderr,
    new RegExp(`port ${port} is taken: the broker inside the agent listens on ${new URL(url).port}`),
  );
  t.match(agent.stderr, /MQTT_PORT_IN_USE/);
  const reader = await MqttObserver.connect(url, `${base}/state`, { protocolVersion: 4 });
  t.teardown(() => reader.close());
  await waitFor('its state', () => reader.last(`${base}/state`) !== undefined);

  const doctor = new AgentProcess(['doctor', '--json'], config, { folder: agent.folder });
  const { stdout } = await doctor.done;
  const broker = (JSON.parse(stdout) as { check: string }[]).find(({ check }) => check === 'broker');
  t.match(broker, {
    verdict: 'note',
    found: new RegExp(`${url}, for port ${port} was taken`),
    remedy: /embedded_port/,
  });

  agent.child.kill('SIGKILL');
  await agent.done;
  const again = new AgentProcess(['run', '--duration', '60'], config, { environment, folder: agent.folder });
  t.teardown(() => again.remove());
  await waitFor('it listens again', () => again.stderr.includes('MQTT_PORT_IN_USE'), 30_000);
  await waitFor('the same port', () => again.stderr.includes(`listens on ${new URL(url).port}`));
  t.equal(Buffer.concat(heard).length, 0, 'who has the port hears nothing');
});

t.test('a password that was caught while no agent had the port is worth nothing with the next', async (t) => {
  const config = { model, mqtt: { embedded_port: 0 } };
  const agent = new AgentProcess(['run', '--duration', '60'], config);
  t.teardown(() => agent.remove());
  const passwordOf = ({ folder }: { folder: string }): string =>
    readFileSync(join(folder, 'password'), 'utf8').trim();
  const login = (password: string) => ({
    protocolVersion: 4 as const,
    username: 'owner',
    password,
    reconnectPeriod: 0,
  });
  const first = await brokerOf(agent);
  const caught = passwordOf(first);
  const owner = await MqttObserver.connect(first.url, `${base}/#`, login(caught));
  await owner.close();
  agent.child.kill('SIGKILL');
  await agent.done;
  t.equal(passwordOf(first), caught, 'what a client finds that knows nothing of it');

  const again = new AgentProcess(['run', '--duration', '60'], config, { folder: agent.folder });
  t.teardown(() => again.remove());
  await waitFor('another password', () => passwordOf(first) !== caught, 30_000);
  const second = await brokerOf(again);
  await t.rejects(MqttObserver.connect(second.url, `${base}/#`, login(caught)), { code: 4 });
  const other = await MqttObserver.connect(second.url, `${base}/#`, login(passwordOf(second)));
  await other.close();
});
