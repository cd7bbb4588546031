import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countMemoryKills } from '../../src/agent/count-memory-kills.js';

type Folder = { [name: string]: string | Folder };

/** A root folder in which this process belongs to these cgroups. */
function root(t: Test, cgroup: string, hierarchies: Folder): string {
  return t.testdir({ proc: { self: { cgroup } }, sys: { fs: { cgroup: hierarchies } } });
}

t.test('version 2 tells in memory.events', async (t) => {
  const events = 'low 0\nhigh 7\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n';
  const folder = root(t, '0::/system.slice/edge-pose-agent.service\n', {
    'system.slice': { 'edge-pose-agent.service': { 'memory.events': events } },
  });
  t.equal(countMemoryKills(folder), 2);
});

t.test('version 1 tells in memory.oom_control', async (t) => {
  const cgroup = '9:name=systemd:/\n4:cpu,memory:/box\n0::/elsewhere\n';
  const control = 'oom_kill_disable 0\nunder_oom 0\noom_kill 5\n';
  const folder = root(t, cgroup, { memory: { box: { 'memory.oom_control': control } } });
  t.equal(countMemoryKills(folder), 5);
});

t.test('in a container the folder may be called the root', async (t) => {
  const folder = root(t, '0::/docker/0123\n', { 'memory.events': 'oom 1\noom_kill 1\n' });
  t.equal(countMemoryKills(folder), 1);
});

t.test('where nothing tells there is no count', async (t) => {
  t.equal(countMemoryKills(join(t.testdir(), 'empty')), null);
  t.equal(countMemoryKills(root(t, '0::/\n', {})), null, 'the root of version 2 has no such file');
  t.equal(countMemoryKills(root(t, 'what is this', { 'memory.events': 'oom_kill many\n' })), null);
});
