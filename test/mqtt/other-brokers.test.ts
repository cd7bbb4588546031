import t, { type Test } from 'tap';
import { checkContract } from '../support/contract.js';
import { atScale, reached } from '../support/fault-figure.js';
import { type OtherBroker, startHiveMq, startRabbitMq } from '../support/other-brokers.js';

/** Their packages are installed, and HiveMQ is downloaded, where the faults are brought about. */
const skip = atScale<false | string>({
  few: 'needs brokers that `npm run faults` installs',
  tenth: false,
  full: false,
});
const fault = 'other_brokers';

/** Runs the contract with a broker, in each of the versions that the agent is to speak there. */
async function check(
  t: Test,
  { name, start, versions }: { name: string; start: () => Promise<OtherBroker>; versions: ('5' | '3.1.1')[] },
): Promise<void> {
  const broker = await start();
  t.teardown(() => broker.stop());
  for (const version of versions) {
    const problems: string[] = [];
    let passed = false;
    await t.test(`${name}, MQTT ${version}`, async (t) => {
      await checkContract(t, {
        url: broker.url,
        version,
        agent: {
          onProblem: (text) => problems.push(text),
          // Where the broker speaks both it would be 5.
          ...(versions.length > 1 && version === '3.1.1' ? { protocolVersion: 4 } : {}),
        },
      });
      t.strictSame(problems, [], 'the broker refuses nothing');
      passed = t.passing();
    });
    reached(t, {
      fault,
      what: `contracts kept with ${name}, MQTT ${version}`,
      value: Number(passed),
      exactly: 1,
    });
  }
}

t.test('the contract, with RabbitMQ', { skip }, async (t) => {
  await check(t, { name: 'RabbitMQ', start: startRabbitMq, versions: ['3.1.1'] });
});

t.test('the contract, with HiveMQ', { skip }, async (t) => {
  await check(t, { name: 'HiveMQ', start: startHiveMq, versions: ['5', '3.1.1'] });
});
