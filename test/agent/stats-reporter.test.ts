import t from 'tap';
import { StatsReporter } from '../../src/agent/stats-reporter.js';
import { type StatsPayload, statsPayload } from '../../src/mqtt/payloads.js';
import { makeJetsonTree, orinTree } from '../support/jetson-tree.js';

async function statsOf(root: string): Promise<StatsPayload> {
  const reporter = new StatsReporter({
    session: 'session-1',
    intervalSeconds: 10,
    cameras: () => new Map(),
    workerRss: () => null,
    workerPid: () => undefined,
    mqtt: () => ({ published: 0, dropped: 0, drops: {}, queued: 0, reconnects: 0 }),
    commands: () => undefined,
    preparing: () => null,
    publish: () => {},
    root,
  });
  try {
    return statsPayload.parse(await reporter.collect());
  } finally {
    reporter.stop();
  }
}

t.test('a Jetson tells its GPU, its rails and the zones that are on', async (t) => {
  t.match(await statsOf(makeJetsonTree(t.testdir(), orinTree)), {
    gpu_load: 0.735,
    power_w: { VDD_IN: 4.8 },
    temperatures_c: { 'cpu-thermal': 51.187, 'cv0-thermal': undefined },
  });
});

t.test('another machine has neither', async (t) => {
  t.match(await statsOf(t.testdir()), { gpu_load: null, power_w: {}, temperatures_c: {} });
});
