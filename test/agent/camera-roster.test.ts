import t from 'tap';
import { type CameraReading, CameraRoster } from '../../src/agent/camera-roster.js';
import type { AgentCamera } from '../../src/agent/cameras.js';
import { localPolicy } from '../../src/network/source-policy.js';

/** As much of a camera as the roster looks at. */
function camera(id: string, source: string) {
  const lost: number[] = [];
  const one = {
    config: { id, source },
    publisher: { nextSeq: 7 },
    monitor: { workerLost: () => lost.push(1) },
  };
  return { one: one as unknown as AgentCamera, config: one.config, publisher: one.publisher, lost };
}

const reading = ({ config: { id, source } }: AgentCamera): CameraReading => ({
  ...{ id, source, policy: localPolicy, loop: true, pace: 'realtime' },
});

t.test('who is read as before keeps the number; nobody gets one that was given', async (t) => {
  const roster = new CameraRoster(reading);
  const [a, b, c] = [camera('a', 'one'), camera('b', 'two'), camera('c', 'three')];
  t.same(roster.set([a.one, b.one]), [a.one, b.one]);
  t.match(roster.forWorker(), [
    { number: 0, id: 'a', firstSeq: 7 },
    { number: 1, id: 'b' },
  ]);
  b.config.source = 'another';
  a.publisher.nextSeq = 20;
  t.same(roster.set([c.one, a.one, b.one]), [c.one, b.one], 'a new one, and one that is read in another way');
  t.match(roster.forWorker(), [
    { number: 2, source: 'three' },
    { number: 0, firstSeq: 20 },
    { number: 3, source: 'another' },
  ]);
  t.equal(roster.find(1), undefined, "what the old reading of it still sends is nobody's");
  t.equal(roster.find(3), b.one);
  t.equal(roster.numberOf(b.one), 3);
  t.same([a.lost.length, b.lost.length], [0, 1], 'its counts begin anew');
  t.same(roster.set([a.one]), []);
  t.same(roster.cameras, [a.one]);
  t.equal(roster.numberOf(c.one), -1);
  t.same(roster.set([a.one, c.one]), [c.one]);
  t.equal(roster.numberOf(c.one), 4);
});
