import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { AgentError } from '../../src/errors.js';
import { CommandError } from '../../src/mqtt/command-error.js';
import { answers, base, command, echo, none, startCommandDevice } from '../support/command-device.js';
import { startEmbeddedBroker } from '../support/embedded-broker.js';
import { Mosquitto } from '../support/mosquitto.js';
import { waitFor } from '../support/wait-for.js';

t.test('what requests mean, with a real broker', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());

  await t.test('response topic and correlation data', async (t) => {
    const { ask, answer, observer } = await startCommandDevice(t, { url: broker.url });
    await ask('echo', { text: 'a' }, { id: 'request-1' });
    const { body, correlationData, qos, retained } = await answer(answers);
    t.strictSame(body, { status: 'ok', code: 200, data: { text: 'a' }, transaction: null });
    t.strictSame([correlationData?.toString(), qos, retained], ['request-1', 1, false]);
    t.equal(observer.of(`${base}/echo/resp`).length, 0, 'there and nowhere else');
  });

  await t.test('plain JSON with a transaction, or with nothing', async (t) => {
    const { ask, answer } = await startCommandDevice(t, { url: broker.url });
    await ask('echo', { text: 'a', transaction: '7' });
    t.strictSame((await answer(`${base}/echo/resp`)).body, {
      status: 'ok',
      code: 200,
      data: { text: 'a' },
      transaction: '7',
    });
    await ask('echo', '');
    t.match((await answer(`${base}/echo/resp`, 1)).body, { code: 200, transaction: null });
  });

  await t.test('what is wrong with a request', async (t) => {
    const { ask, answer, receiver } = await startCommandDevice(t, { url: broker.url });
    const topic = `${base}/echo/resp`;
    await ask('echo', 'no JSON');
    t.match((await answer(topic)).body, { status: 'error', code: 400, data: null, message: /expected JSON/ });
    await ask('echo', { txet: 'a', transaction: '8' });
    t.match((await answer(topic, 1)).body, {
      code: 400,
      transaction: '8',
      errors: [{ path: 'txet', expected: 'text?', found: 'an unknown one' }],
    });
    await ask('ecko', {});
    t.match((await answer(`${base}/ecko/resp`)).body, {
      code: 404,
      message: 'no such command; did you mean echo?',
    });
    await ask('constructor', {});
    t.match((await answer(`${base}/constructor/resp`)).body, { code: 404 });
    await ask('echo', {}, { id: 'x'.repeat(65) });
    t.match((await answer(answers)).body, { code: 400, message: /65 bytes, at most 64/ });
    t.match(receiver.counters(), { received: 5, failed: 5, done: 0 });
  });

  await t.test('response topics of others: neither run nor answered, but counted', async (t) => {
    let runs = 0;
    const { ask, observer, receiver } = await startCommandDevice(t, {
      url: broker.url,
      commands: { count: command(none, async () => ({ runs: ++runs })) },
    });
    const bad = ['edgepose/v1/box/config/desired', 'edgepose/v1/other/cmd/echo/resp', 'homeassistant/status'];
    for (const topic of bad) await ask('count', {}, { id: 'a', topic });
    await observer.publish(`${base}/Count`, '{}');
    await waitFor('all', () => receiver.counters().received === 4);
    await delay(100);
    t.equal(runs, 0);
    t.equal(receiver.counters().refused, 4);
    for (const topic of bad) t.equal(observer.of(topic).length, 0, topic);
  });

  await t.test('errors: a command’s own words, the agent’s, and those that nobody foresaw', async (t) => {
    const secret = 'rtsp://admin:hunter2@camera/stream';
    const failing = (error: unknown) => command(none, () => Promise.reject(error));
    const { ask, answer, errors, observer, publisher } = await startCommandDevice(t, {
      url: broker.url,
      commands: {
        own: failing(
          new CommandError(403, `snapshots of ${secret} are off`, [
            { path: 'a', expected: secret, found: secret },
          ]),
        ),
        agents: failing(new AgentError('CAMERA_OPEN_FAILED', `${secret}: refused`)),
        bug: failing(new TypeError(`cannot read hunter2 of ${secret}`)),
        thrown: command(none, () => {
          throw 'hunter2';
        }),
        'no-json': command(none, async () => ({ big: 1n })),
        large: command(none, async () => ({ text: 'x'.repeat(200_000) })),
      },
    });
    const code = async (name: string) => {
      await ask(name, { transaction: name });
      return (await answer(`${base}/${name}/resp`)).body;
    };
    t.match(await code('own'), { code: 403, message: 'snapshots of rtsp://***@camera/stream are off' });
    t.match(await code('agents'), { code: 500, message: /^CAMERA_OPEN_FAILED: rtsp:\/\/\*\*\*@camera/ });
    for (const name of ['bug', 'thrown', 'no-json']) {
      t.match(await code(name), { code: 500, message: 'failed inside the agent; its log says why' });
    }
    t.match(await code('large'), {
      code: 413,
      status: 'error',
      message: /an answer of 2000\d\d bytes, at most 130/,
    });
    t.equal(errors.length, 4, 'which the agent is told');
    t.notMatch(observer.messages.map(({ text }) => text).join(), /hunter2/, 'and of which no word is told');
    t.equal(publisher.counters().drops.response, 0);
  });

  await t.test('after its answer, and at the end', async (t) => {
    const order: string[] = [];
    let aborted = false;
    const { ask, answer, receiver, observer } = await startCommandDevice(t, {
      url: broker.url,
      commands: {
        restart: command(none, async (_args, { afterAnswer }) => {
          afterAnswer(() => order.push('restarting'));
          order.push('asked');
          return {};
        }),
        slow: command(none, (_args, { signal }) => {
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new Error('aborted'));
            });
          });
        }),
        echo,
      },
    });
    await ask('restart', {}, { id: '1' });
    t.match((await answer(answers)).body, { code: 200 });
    await waitFor('what follows the answer', () => order.length === 2);
    t.strictSame(order, ['asked', 'restarting']);
    await ask('slow', {}, { id: '2', topic: `${answers}/2` });
    await waitFor('seen', () => receiver.counters().received === 2);
    receiver.stop();
    t.match((await answer(`${answers}/2`)).body, { code: 503, message: 'the agent is stopping' });
    t.equal(aborted, true);
    await ask('echo', {}, { id: '3', topic: `${answers}/3` });
    await delay(100);
    t.equal(observer.of(`${answers}/3`).length, 0);
    t.equal(receiver.counters().received, 2);
  });
});

t.test('an answer larger than the broker takes', async (t) => {
  const broker = await Mosquitto.require(t, ['max_packet_size 2000']);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  const { ask, answer } = await startCommandDevice(t, { url: broker.url });
  await ask('echo', { text: 'x'.repeat(1600) }, { id: 'a' });
  t.match((await answer(answers)).body, { code: 413, message: /at most 14\d\d can be sent/ });
});

t.test('with the embedded broker, which has no properties', async (t) => {
  const { agent, owner } = await startEmbeddedBroker(t);
  const { ask, answer, receiver } = await startCommandDevice(t, { ...agent, login: owner });
  await ask('echo', { text: 'a', transaction: '1' });
  t.match((await answer(`${base}/echo/resp`)).body, { code: 200, data: { text: 'a' }, transaction: '1' });
  await ask('echo', { text: 'x'.repeat(70_000) });
  t.match((await answer(`${base}/echo/resp`, 1)).body, { code: 413 });
  t.match(receiver.counters(), { done: 1, failed: 1 });
});
