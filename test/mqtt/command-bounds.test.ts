import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { answers, base, command, echo, none, startCommandDevice } from '../support/command-device.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

t.test('the bounds of requests, with a real broker', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());

  await t.test('a retained command is ignored, at once and after a reconnect', async (t) => {
    const sender = await MqttObserver.connect(broker.url);
    t.teardown(() => sender.close());
    await sender.publish(`${base}/echo`, '{}', { retain: true });
    const { receiver, observer } = await startCommandDevice(t, { url: broker.url });
    await waitFor('seen', () => receiver.counters().retained === 1);
    const intruder = await MqttObserver.connect(broker.url, '#', { clientId: 'box', reconnectPeriod: 0 });
    await intruder.close();
    await waitFor('seen again', () => receiver.counters().retained === 2);
    t.equal(observer.of(`${base}/echo/resp`).length, 0);
    receiver.stop();
    await sender.publish(`${base}/echo`, '', { retain: true });
  });

  await t.test('the same request again is answered again, not run again', async (t) => {
    let runs = 0;
    const clock = { now: 0 };
    const { ask, answer, receiver } = await startCommandDevice(t, {
      url: broker.url,
      clock: () => clock.now,
      commands: { count: command(none, async () => ({ runs: ++runs })), echo },
    });
    await ask('count', {}, { id: 'a' });
    const first = await answer(answers);
    await ask('count', {}, { id: 'a' });
    const second = await answer(answers, 1);
    t.equal(second.text, first.text);
    t.equal(second.correlationData?.toString(), 'a');
    await ask('count', {}, { id: 'a', topic: 'edgepose/client/other' });
    t.match(
      (await answer('edgepose/client/other')).body,
      { data: { runs: 2 } },
      'another requester’s is another',
    );
    await ask('echo', {}, { id: 'a' });
    t.match((await answer(answers, 2)).body, { code: 409, message: /used for another request/ });
    const byTransaction = `${base}/count/resp`;
    await ask('count', { transaction: 'a' });
    await answer(byTransaction); // while it runs, the second would have no answer of its own
    await ask('count', { transaction: 'a' });
    await answer(byTransaction, 1);
    t.equal(runs, 3);
    t.match(receiver.counters(), { received: 6, done: 3, repeated: 2, failed: 1 });
    clock.now += 5 * 60_000;
    await ask('count', {}, { id: 'a' });
    t.match((await answer(answers, 3)).body, { data: { runs: 4 } }, 'after five minutes it is a new one');
  });

  await t.test('while it runs the same request is neither run nor answered twice', async (t) => {
    let finish = (): void => {};
    const { ask, observer, receiver } = await startCommandDevice(t, {
      url: broker.url,
      commands: {
        slow: command(none, () => new Promise((resolve) => (finish = () => resolve({})))),
      },
    });
    await ask('slow', {}, { id: 'a' });
    await ask('slow', {}, { id: 'a' });
    await waitFor('both seen', () => receiver.counters().repeated === 1);
    finish();
    await waitFor('answered', () => receiver.counters().done === 1);
    await delay(100);
    t.equal(observer.of(answers).length, 1);
  });

  await t.test('ten in a second; of those above one a second is told', async (t) => {
    const clock = { now: 0 };
    const { ask, answer, observer, receiver } = await startCommandDevice(t, {
      url: broker.url,
      clock: () => clock.now,
      limits: {},
    });
    await Promise.all(Array.from({ length: 30 }, (_, n) => ask('echo', { transaction: String(n) })));
    await waitFor('all seen', () => receiver.counters().received === 30);
    await waitFor('answers', () => observer.of(`${base}/echo/resp`).length === 11);
    t.match(receiver.counters(), { done: 10, limited: 20, failed: 0 });
    const told = observer.of(`${base}/echo/resp`).map(({ text }) => JSON.parse(text));
    t.match(
      told.filter(({ code }) => code === 429),
      [{ status: 'error', transaction: String }],
    );
    clock.now += 1000;
    await ask('echo', { transaction: '29' });
    t.match(
      (await answer(`${base}/echo/resp`, 11)).body,
      { code: 200, transaction: '29' },
      'asked again, done',
    );
  });

  await t.test('one of a kind at a time; a command that hangs holds up no other', async (t) => {
    let running = 0;
    let most = 0;
    let aborted = 0;
    const release: (() => void)[] = [];
    const slow = command(
      none,
      async (_args, { signal }) => {
        signal.addEventListener('abort', () => {
          aborted += 1;
        });
        most = Math.max(most, ++running);
        await new Promise<void>((resolve) => release.push(resolve));
        running -= 1;
        return {};
      },
      150,
    );
    const { ask, answer, receiver } = await startCommandDevice(t, {
      url: broker.url,
      commands: { slow, echo },
      limits: { perSecond: 1000, waiting: 2, waitMs: 300 },
    });
    for (const id of ['1', '2', '3', '4']) await ask('slow', {}, { id, topic: `${answers}/${id}` });
    t.match((await answer(`${answers}/4`)).body, { code: 503 }, 'too many wait');
    await ask('echo', {}, { id: 'e' });
    t.match((await answer(answers)).body, { code: 200 });
    t.match((await answer(`${answers}/1`)).body, { code: 504, message: /longer than 0.15 s/ });
    t.strictSame([running, aborted], [1, 1], 'told to end, it still runs');
    t.match((await answer(`${answers}/2`)).body, { code: 503 }, 'waited too long');
    t.match((await answer(`${answers}/3`)).body, { code: 503 });
    release.shift()?.();
    await ask('slow', {}, { id: '4', topic: `${answers}/4` });
    await waitFor('its turn', () => release.length === 1);
    release.shift()?.();
    t.match(
      (await answer(`${answers}/4`, 1)).body,
      { code: 200 },
      'refused for want of room, it may come again',
    );
    t.equal(most, 1);
    t.match(receiver.counters(), { received: 6, done: 2, failed: 4 });
  });

  await t.test('a request that expires while it waits is not run', async (t) => {
    let runs = 0;
    let release = (): void => {};
    const { ask, answer } = await startCommandDevice(t, {
      url: broker.url,
      commands: {
        slow: command(none, () => {
          runs += 1;
          return new Promise((resolve) => (release = () => resolve({})));
        }),
      },
    });
    await ask('slow', {}, { id: '1' });
    await ask('slow', {}, { id: '2', topic: `${answers}/2`, expiry: 1 });
    t.match((await answer(`${answers}/2`)).body, { code: 503 });
    release();
    await answer(answers);
    await delay(50);
    t.equal(runs, 1);
  });
});
