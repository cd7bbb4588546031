import t from 'tap';
import { checkContract } from '../support/contract.js';
import { startEmbeddedBroker } from '../support/embedded-broker.js';
import { Mosquitto } from '../support/mosquitto.js';
import { OldBroker, refusals } from '../support/old-broker.js';

t.test('the contract, with Mosquitto and MQTT 5', async (t) => {
  const broker = await Mosquitto.require(t);
  if (broker === undefined) return;
  t.teardown(() => broker.stop());
  await checkContract(t, { url: broker.url, version: '5' });
});

t.test('the contract, with the broker inside the agent', async (t) => {
  const { url, agent, owner } = await startEmbeddedBroker(t);
  await checkContract(t, { url, version: '3.1.1', login: owner, agent });
});

for (const refusal of Object.keys(refusals) as (keyof typeof refusals)[]) {
  t.test(`the contract, with a Mosquitto of MQTT 3.1.1 alone that answers 5 with: ${refusal}`, async (t) => {
    const broker = await Mosquitto.require(t);
    if (broker === undefined) return;
    t.teardown(() => broker.stop());
    const old = new OldBroker(broker.port, refusal);
    await old.start();
    t.teardown(() => old.stop());
    const ends: string[] = [];
    await checkContract(t, {
      url: old.url,
      version: '3.1.1',
      agent: { onDisconnect: (reason) => ends.push(reason), connectTimeoutMs: 2000 },
    });
    t.ok(ends.length <= 2, `connected after ${ends.length} refusals: ${ends}`);
  });
}
