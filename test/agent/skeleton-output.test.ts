import t from 'tap';
import { infoPayload, posePayload } from '../../src/mqtt/payloads.js';
import { type SkeletonName, skeletons } from '../../src/pose/skeletons.js';
import { AgentProcess } from '../support/agent-process.js';
import { CommandClient } from '../support/command-client.js';
import { Mosquitto } from '../support/mosquitto.js';
import { MqttObserver } from '../support/mqtt-observer.js';
import { waitFor } from '../support/wait-for.js';

const base = 'edgepose/v1/test-box';
const limitMs = 30_000;

t.test('a BlazePose model publishes COCO keypoints, and others when it is told to', async (t) => {
  const mosquitto = await Mosquitto.require(t);
  if (!mosquitto) return;
  const observer = await MqttObserver.connect(mosquitto.url, `${base}/#`);
  const client = await CommandClient.connect(mosquitto.url, base);
  const agent = new AgentProcess(['run', '--mqtt', mosquitto.url], {
    model: { id: 'blazepose-lite' },
    output: { skeleton: 'coco17' },
    control: { allow_snapshot: true },
  });
  t.teardown(async () => {
    await client.close();
    await observer.close();
    await agent.remove();
    await mosquitto.stop();
  });
  /** Poses from `from` on that have people. */
  const poses = (from = 0) =>
    observer
      .of(`${base}/cam/cam0/pose`)
      .slice(from)
      .map(({ text }) => posePayload.parse(JSON.parse(text)))
      .filter(({ people }) => people.length > 0);
  const published = async (name: SkeletonName): Promise<void> => {
    const before = observer.of(`${base}/cam/cam0/pose`).length;
    const found = () => poses(before).filter(({ skeleton }) => skeleton === name);
    await waitFor(`poses as ${name}`, () => found().length > 3, limitMs);
    const { keypoints, limbs } = skeletons[name];
    for (const { people } of found()) {
      for (const person of people) t.equal(person.keypoints.length, keypoints.length);
    }
    const present = found().flatMap(({ people }) => people.flatMap((person) => person.keypoints));
    t.ok(present.some((keypoint) => keypoint !== null));
    const info = infoPayload.parse(observer.last(`${base}/info`));
    t.same(info.skeleton, { name, keypoints, limbs }, 'info lists what is published');
    t.ok(info.capabilities.includes(`skeleton:${name}`));
  };
  let version = 0;
  const desire = async (skeleton: string): Promise<string> => {
    const document = { version: ++version, id: `doc-${version}`, config: { output: { skeleton } } };
    await observer.publish(`${base}/config/desired`, JSON.stringify(document), { retain: true });
    const report = () => observer.last(`${base}/config/reported`);
    const isDone = (): boolean => report()?.version === version && report()?.status !== 'applying';
    await waitFor(`a report of version ${version}`, isDone, limitMs);
    return String(report()?.status);
  };

  await published('coco17');
  const [worker] = agent.children();
  t.equal(await desire('openpose18'), 'applied');
  await published('openpose18');
  const necks = poses().flatMap(({ skeleton, people }) =>
    skeleton === 'openpose18' ? people.map(({ keypoints }) => keypoints[1]) : [],
  );
  t.ok(
    necks.some((neck) => neck != null),
    'a neck is made of the shoulders',
  );
  t.match(await client.ask('snapshot', { camera: 'cam0', overlay: true }), { status: 'ok' });
  t.equal(await desire('native'), 'applied');
  await published('blazepose33');
  t.equal(await desire('coco133'), 'rejected');
  t.same(agent.children(), [worker], 'all of it by the same worker');
  t.same(
    new Set(poses().map(({ skeleton }) => skeleton)),
    new Set(['coco17', 'openpose18', 'blazepose33']),
    'no message says anything else',
  );
  const lengths = poses().flatMap(({ skeleton, people }) =>
    people.map(({ keypoints }) => `${skeleton} ${keypoints.length}`),
  );
  t.same(
    [...new Set(lengths)],
    ['coco17 17', 'openpose18 18', 'blazepose33 33'],
    'each message has the keypoints of the skeleton that it names',
  );
});
