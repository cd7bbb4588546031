import t from 'tap';
import { deviceTopics } from '../../src/mqtt/topics.js';

t.test('topics of a device', async (t) => {
  const topics = deviceTopics('edge-7f');
  t.equal(topics.state, 'edgepose/v1/edge-7f/state');
  t.equal(topics.info, 'edgepose/v1/edge-7f/info');
  t.equal(topics.stats, 'edgepose/v1/edge-7f/stats');
  t.equal(topics.pose('front-door'), 'edgepose/v1/edge-7f/cam/front-door/pose');
  t.equal(topics.cameraStatus('0'), 'edgepose/v1/edge-7f/cam/0/status');
});

t.test('ids that would break a topic are refused', async (t) => {
  for (const id of ['', 'Front', 'a/b', 'a+', '#', 'a b', 'ü', 'x'.repeat(65), 'a\n']) {
    t.throws(() => deviceTopics(id), { name: 'RangeError', message: /device id/ }, JSON.stringify(id));
    t.throws(() => deviceTopics('ok').pose(id), { name: 'RangeError', message: /camera id/ });
  }
  t.doesNotThrow(() => deviceTopics('x'.repeat(64)));
});
