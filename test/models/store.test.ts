import t from 'tap';
import { AgentError } from '../../src/errors.js';
import { ModelStore } from '../../src/models/store.js';

t.test('what fails while the store is written says where', async (t) => {
  const store = new ModelStore('/state');
  const failing = (error: Error): Promise<never> =>
    store.writing(async () => {
      throw error;
    });
  const told = (message: RegExp) => ({ code: 'OUTPUT_UNWRITABLE', message });
  const full = Object.assign(new Error('full'), { code: 'ENOSPC', path: '/state/models/partial/a' });
  await t.rejects(failing(full), told(/\/state\/models\/partial\/a gives ENOSPC/));
  const busy = Object.assign(new Error('busy'), { code: 'EAGAIN' });
  await t.rejects(failing(busy), told(/\/state\/models gives EAGAIN/), 'of no path: the store');
  await t.rejects(
    failing(new Error('ours')),
    { message: 'ours' },
    'a mistake in our own code is not a fault of the disk',
  );
  const own = new AgentError('MODEL_UNKNOWN', 'There is no such model');
  await t.rejects(failing(own), { code: 'MODEL_UNKNOWN' }, 'what is told already stays as it is');
});
