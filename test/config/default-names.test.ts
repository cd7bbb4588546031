import { createHash } from 'node:crypto';
import { join } from 'node:path';
import t from 'tap';
import { defaultDeviceId, defaultStateDir } from '../../src/config/default-names.js';

t.test('device id: host name and a hash of the machine id', async (t) => {
  const folder = t.testdir({ 'machine-id': '0123456789abcdef\n', empty: '' });
  const machineIdFile = join(folder, 'machine-id');
  const digest = createHash('sha256').update('0123456789abcdef').digest('hex').slice(0, 6);
  t.equal(defaultDeviceId({ hostname: 'Hall_3.example', machineIdFile }), `hall-3-example-${digest}`);
  t.equal(defaultDeviceId({ hostname: '---', machineIdFile }), `edge-${digest}`);
  t.match(defaultDeviceId({ hostname: 'x'.repeat(300), machineIdFile }), /^[a-z0-9-]{1,64}$/);
  for (const name of ['empty', 'absent']) {
    const facts = { hostname: 'box', machineIdFile: join(folder, name) };
    t.match(defaultDeviceId(facts), /^box-[0-9a-f]{6}$/);
    t.equal(defaultDeviceId(facts), defaultDeviceId(facts));
    t.not(defaultDeviceId(facts), defaultDeviceId({ ...facts, hostname: 'box2' }));
  }
  t.match(defaultDeviceId(), /^[a-z0-9-]{1,64}$/);
});

t.test('state folder', async (t) => {
  const HOME = '/home/box';
  t.equal(
    defaultStateDir({ HOME, STATE_DIRECTORY: '/var/lib/a:/var/lib/b', XDG_STATE_HOME: '/s' }),
    '/var/lib/a',
  );
  t.equal(defaultStateDir({ HOME, XDG_STATE_HOME: '/s' }), '/s/edge-pose-agent');
  t.equal(defaultStateDir({ HOME, XDG_STATE_HOME: 'relative' }), '/home/box/.local/state/edge-pose-agent');
  t.equal(defaultStateDir({ HOME, STATE_DIRECTORY: '' }), '/home/box/.local/state/edge-pose-agent');
});
