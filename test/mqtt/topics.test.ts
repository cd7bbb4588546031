import t from 'tap';
import { deviceTopics, topicMatches } from '../../src/mqtt/topics.js';

t.test('topics of a device', async (t) => {
  const topics = deviceTopics('edge-7f');
  t.equal(topics.state, 'edgepose/v1/edge-7f/state');
  t.equal(topics.info, 'edgepose/v1/edge-7f/info');
  t.equal(topics.stats, 'edgepose/v1/edge-7f/stats');
  t.equal(topics.event, 'edgepose/v1/edge-7f/event');
  t.equal(topics.configDesired, 'edgepose/v1/edge-7f/config/desired');
  t.equal(topics.configReported, 'edgepose/v1/edge-7f/config/reported');
  t.equal(topics.pose('front-door'), 'edgepose/v1/edge-7f/cam/front-door/pose');
  t.equal(topics.cameraStatus('0'), 'edgepose/v1/edge-7f/cam/0/status');
  t.equal(topics.command('ping'), 'edgepose/v1/edge-7f/cmd/ping');
  t.equal(topics.commandResponse('ping'), 'edgepose/v1/edge-7f/cmd/ping/resp');
  t.equal(topicMatches(topics.commands, topics.command('ping')), true);
  t.equal(topicMatches(topics.commands, topics.commandResponse('ping')), false, 'no answer is a request');
});

t.test('ids that would break a topic are refused', async (t) => {
  for (const id of ['', 'Front', 'a/b', 'a+', '#', 'a b', 'ü', 'x'.repeat(65), 'a\n']) {
    t.throws(() => deviceTopics(id), { name: 'RangeError', message: /device id/ }, JSON.stringify(id));
    t.throws(() => deviceTopics('ok').pose(id), { name: 'RangeError', message: /camera id/ });
    t.throws(() => deviceTopics('ok').commandResponse(id), { name: 'RangeError', message: /command id/ });
  }
  t.doesNotThrow(() => deviceTopics('x'.repeat(64)));
});

t.test('which topics a filter names', async (t) => {
  const cases: [string, string, boolean][] = [
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/b', 'a', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['a/+', 'a/b/c', false],
    ['+/b/+', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['#', 'a/b', true],
  ];
  for (const [filter, topic, expected] of cases) {
    t.equal(topicMatches(filter, topic), expected, `${filter} and ${topic}`);
  }
});
