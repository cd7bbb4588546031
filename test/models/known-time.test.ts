import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { knownTime } from '../../src/models/known-time.js';
import { ModelStore } from '../../src/models/store.js';
import { releasedAt } from '../../src/released.js';

const day = 24 * 60 * 60 * 1000;

function setUp(t: Test) {
  const store = new ModelStore(t.testdir());
  const at = (wall: number, synced: boolean) =>
    knownTime(store, { isSynced: async () => synced, wallClock: () => wall });
  return { at, path: join(store.folder, 'clock.json') };
}

t.test('a clock that is not synchronised counts for nothing, be it early or late', async (t) => {
  const { at } = setUp(t);
  for (const wall of [0, releasedAt - day, releasedAt + day, Date.UTC(2099)]) {
    t.same(await at(wall, false), { at: releasedAt, isNow: false }, new Date(wall).toISOString());
  }
  t.same(
    await at(0, true),
    { at: releasedAt, isNow: false },
    'nor does one that is earlier than the agent itself',
  );
  t.same(await at(releasedAt + 9 * day, true), { at: releasedAt + 9 * day, isNow: true });
  t.same(
    await at(Date.UTC(2099), false),
    { at: releasedAt + 9 * day, isNow: false },
    'the last right time does',
  );
});

t.test('a wrong time that was stored goes with the next right one', async (t) => {
  const { at } = setUp(t);
  await at(Date.UTC(2099), true);
  t.same(await at(0, false), { at: Date.UTC(2099), isNow: false });
  t.same(await at(releasedAt + day, true), { at: releasedAt + day, isNow: true });
  t.same(await at(0, false), { at: releasedAt + day, isNow: false });
});

t.test('a damaged time is none, and it is not written at every look', async (t) => {
  const { at, path } = setUp(t);
  await at(releasedAt + day, true);
  const text = readFileSync(path, 'utf8');
  await at(releasedAt + day + 60_000, true);
  t.equal(readFileSync(path, 'utf8'), text);
  for (const damaged of ['', text.replace(/"at": \d/, '"at": 9')]) {
    writeFileSync(path, damaged);
    t.same(await at(0, false), { at: releasedAt, isNow: false });
  }
});
