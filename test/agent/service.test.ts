import { join } from 'node:path';
import t from 'tap';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { NotifySocket } from '../support/notify-socket.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;

t.test(
  'a service without a model is ready, within reach, and takes one from afar',
  { skip: withoutSharedData },
  async (t) => {
    const mosquitto = await Mosquitto.require(t);
    if (!mosquitto) return;
    const socket = await NotifySocket.open(`@edge-pose-agent-test-${process.pid}`);
    const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
    const client = await CommandClient.connect(mosquitto.url, base);
    const model = 'human-pose-estimation-0001';
    const agent = new AgentProcess(
      ['run', '--mqtt', mosquitto.url],
      { model: { id: model } },
      {
        environment: {
          NOTIFY_SOCKET: socket.address,
          WATCHDOG_USEC: '3000000',
          POSE_AGENT_MODEL_MIRROR: join(sharedData(), 'models'),
        },
      },
    );
    t.teardown(async () => {
      await client.close();
      await observer.close();
      await agent.remove();
      await socket.close();
      await mosquitto.stop();
    });
    await waitFor('READY', () => socket.texts.includes('READY=1'), limitMs);
    await observer.waitForState(`${base}/state`, 'degraded', limitMs);
    t.match(agent.stderr, /MODEL_NOT_INSTALLED/);

    t.match(await client.ask('models-activate', { name: model }), { status: 'error', code: 404 });
    t.match(await client.ask('models-pull', { name: model }), { status: 'ok' });
    t.match(await client.ask('models-activate', { name: model }), { status: 'ok' });
    await waitFor('poses', () => observer.of(`${base}/cam/cam0/pose`).length > 3, limitMs);
    await observer.waitForState(`${base}/state`, 'online', limitMs);

    t.match(await client.ask('restart'), { status: 'ok' });
    t.equal((await agent.done).code, 0, 'it ends, for its service manager to start it again');
    t.ok(socket.texts.filter((text) => text === 'WATCHDOG=1').length >= 2, 'the watchdog was fed');
    t.notOk(
      observer.messages.some(({ text }) => text.includes('"offline","session"')),
      'never offline',
    );
  },
);
