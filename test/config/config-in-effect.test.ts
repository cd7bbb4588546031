import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import { configInEffect } from '../../src/config/config-in-effect.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { accept, emptyState, type StoredState, succeed } from '../../src/config/stored-state.js';

function sources(t: Test, yaml = ''): ConfigSources {
  const configFile = join(t.testdir(), 'config.yaml');
  writeFileSync(configFile, yaml);
  return ConfigSources.read({ configFile, environment: { HOME: '/h' } });
}

function stateWith(...configs: object[]): StoredState {
  let state = emptyState;
  for (const [index, config] of configs.entries()) {
    const document = { version: index + 1, id: 'x', config: { ...config }, sha256: canonicalSha256(config) };
    state = accept(index === 0 ? state : succeed(state).state, document).state;
  }
  return state;
}

const good = { stats: { interval_s: 7 } };
const bad = { stats: { interval_seconds: 8 } };

t.test('the active document, else the last good one, else the local configuration alone', async (t) => {
  t.match(configInEffect(sources(t), emptyState), {
    loaded: { config: { stats: { interval_s: 10 } } },
    document: null,
  });
  const active = configInEffect(sources(t), stateWith(bad, good));
  t.match(active, {
    loaded: { config: { stats: { interval_s: 7 } } },
    document: { version: 2 },
    rejected: [],
  });
  const lastGood = configInEffect(sources(t), stateWith(good, bad));
  t.match(lastGood, { loaded: { config: { stats: { interval_s: 7 } } }, document: { version: 1 } });
  t.match(lastGood.rejected, [{ document: { version: 2 }, error: { code: 'CONFIG_INVALID' } }]);
  const neither = configInEffect(sources(t), succeed(stateWith(bad)).state);
  t.match(neither, { loaded: { config: { stats: { interval_s: 10 } } }, document: null });
  t.equal(neither.rejected.length, 1, 'one and the same document is tried once');
});

t.test('control.remote_config: false', async (t) => {
  const off = sources(t, 'control: {remote_config: false}');
  t.match(configInEffect(off, stateWith(good)), {
    loaded: { config: { stats: { interval_s: 10 } } },
    document: null,
  });
});

t.test('a local configuration that is wrong by itself', async (t) => {
  t.throws(() => configInEffect(sources(t, 'stats: 1'), stateWith(good)), { code: 'CONFIG_INVALID' });
});
