import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { type Judgement, judgeDesired } from '../../src/config/judge-desired.js';
import type { ReportedConfig } from '../../src/config/reported-config.js';
import { accept, emptyState, fail, type StoredState, succeed } from '../../src/config/stored-state.js';

const isModelName = (name: string) => name === 'known';

interface Box {
  state: StoredState;
  judge(payload: unknown): Judgement;
  /** Judges a document that is to be accepted, and stores it. */
  take(payload: unknown): Extract<Judgement, { outcome: 'apply' }>;
}

function box(t: Test, yaml = ''): Box {
  const configFile = join(t.testdir(), 'config.yaml');
  writeFileSync(configFile, yaml, { mode: 0o600 });
  const sources = ConfigSources.read({ configFile, environment: { HOME: '/h' } });
  return {
    state: emptyState,
    judge(payload) {
      const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
      const running = sources.effective(this.state.active?.config).config;
      return judgeDesired(Buffer.from(text), { state: this.state, sources, running, isModelName });
    },
    take(payload) {
      const judgement = this.judge(payload);
      if (judgement.outcome !== 'apply')
        throw new Error(`expected apply, found ${JSON.stringify(judgement)}`);
      this.state = accept(this.state, judgement.document).state;
      return judgement;
    },
  };
}

function refusal(judgement: Judgement): ReportedConfig {
  if (judgement.outcome !== 'refused') throw new Error(`expected a refusal, found ${judgement.outcome}`);
  return judgement.report;
}

const document = (version: number, config: object) => ({ version, id: `doc-${version}`, config });

t.test('a good document is to be applied: effective configuration, scope and changed keys', async (t) => {
  const one = box(t, 'model: {threads: 2}\nstats: {interval_s: 4}');
  t.match(one.judge(document(1, { stats: { interval_s: 5 } })), {
    outcome: 'apply',
    document: { version: 1, id: 'doc-1', sha256: canonicalSha256({ stats: { interval_s: 5 } }) },
    loaded: { config: { stats: { interval_s: 5 }, model: { threads: 2 } } },
    change: { scope: 'live', paths: ['stats.interval_s'] },
  });
  t.match(one.judge(document(1, {})), { change: { scope: 'none', paths: [] } });
  t.match(one.judge(document(1, { model: { id: 'known' } })), {
    change: { scope: 'worker', paths: ['model.id'] },
  });
  one.take(document(1, { model: { threads: 3 } }));
  t.match(
    one.judge(document(2, {})),
    { change: { scope: 'worker', paths: ['model.threads'] } },
    'back to the file',
  );
});

t.test('versions: lower or with other content 409, the same again is repeated', async (t) => {
  const one = box(t);
  const first = document(5, { log: { level: 'debug' } });
  one.take(first);
  const applying = one.judge(first);
  t.match(applying, { outcome: 'repeated', report: { version: 5, status: 'applying', code: 202 } });
  one.state = succeed(one.state).state;
  const applied = one.state.accepted?.report;
  t.match(applied, { version: 5, status: 'applied', code: 200, last_good: { version: 5, id: 'doc-5' } });
  t.same(one.judge(first), { outcome: 'repeated', report: applied });
  t.match(
    one.judge({ ...first, config: { log: { level: 'debug' } }, id: 'again' }),
    { outcome: 'repeated', report: { id: 'again', status: 'applied' } },
    'the id is the sender’s own',
  );
  for (const [version, config, found] of [
    [4, { log: { level: 'debug' } }, '4'],
    [1, {}, '1'],
    [5, { log: { level: 'info' } }, '5 with another config'],
  ] as const) {
    const report = refusal(one.judge(document(version, config)));
    t.match(report, {
      version,
      status: 'rejected',
      code: 409,
      errors: [{ path: 'version', expected: 'a version above 5, the last that was accepted', found }],
      last_good: { version: 5 },
    });
  }
  one.take(document(6, { pose: { min_score: 0.1 } }));
  one.state = fail(one.state, 'the worker crashed').state;
  t.match(one.judge(document(6, { pose: { min_score: 0.1 } })), {
    outcome: 'repeated',
    report: {
      version: 6,
      status: 'rolled_back',
      code: 500,
      message: 'the worker crashed',
      last_good: { version: 5 },
    },
  });
  t.match(refusal(one.judge(first)).code, 409, 'a version that failed is used up');
});

t.test(
  'no single document uses the versions up: one far above the last is refused, and changes nothing',
  async (t) => {
    const one = box(t);
    const step = 2 ** 43;
    for (const version of [Number.MAX_SAFE_INTEGER, step + 1]) {
      t.match(refusal(one.judge(document(version, {}))), {
        version,
        code: 409,
        errors: [
          {
            path: 'version',
            expected: `a version of at most ${step} for a first document`,
            found: `${version}`,
          },
        ],
      });
    }
    t.equal(one.judge(document(1, {})).outcome, 'apply', 'small ones are taken as before');
    one.take(document(Date.parse('2199-01-01'), {}));
    const last = one.state.accepted?.version ?? 0;
    t.match(refusal(one.judge(document(step + 1, {}))), {
      code: 409,
      message: `expected a version of at most ${step} after version ${last}, found ${step + 1}`,
    });
    t.equal(one.judge(document(last + 1, {})).outcome, 'apply', 'a time stamp, and then a counter');
    let version = step;
    for (let documents = 0; documents < 20; documents++, version += 2 ** 20) {
      t.match(refusal(one.judge(document(version + 1 + 2 ** 20, {}))), {}, 'above those only some at a time');
      one.take(document(version, {}));
    }
    t.ok((Number.MAX_SAFE_INTEGER - version) / 2 ** 20 > 2 ** 32, 'so many it takes to use them up');
  },
);

t.test('a refused document does not use its version up', async (t) => {
  const one = box(t);
  t.equal(refusal(one.judge(document(9, { stats: { interval_s: 0 } }))).code, 422);
  t.equal(refusal(one.judge('{"version": 9')).code, 400);
  t.equal(one.judge(document(9, { stats: { interval_s: 2 } })).outcome, 'apply');
});

t.test('local-only keys from afar: 403 with every path, before all that is invalid', async (t) => {
  const yaml = 'secrets: {door: c4n4ry}\ncameras: [{id: a, source: "gst:x", username: ""}]';
  const one = box(t, yaml.replace(', username: ""', ''));
  const report = refusal(
    one.judge(
      document(1, {
        mqtt: { url: 'mqtt://u:c4n4ry@h' },
        stats: { interval_s: 0 },
        model: { id: 'known/../../etc/passwd' },
        cameras: [
          { id: 'a', source: 'rtsp://u:c4n4ry@h/1' },
          { id: 'b', source: 'rtsp://h', username: 'u', password: 'c4n4ry' },
        ],
      }),
    ),
  );
  t.equal(report.code, 403);
  t.same(
    report.errors.map(({ path }) => path),
    ['mqtt.url', 'model.id', 'cameras.0.source', 'cameras.1.password'],
  );
  t.notMatch(JSON.stringify(report), 'c4n4ry');
});

t.test('422: invalid values, unknown keys and models, secrets that cannot be had', async (t) => {
  const one = box(t, 'secrets: {door: {value: c4n4ry, hosts: [h]}, gate: {file: /absent/gate, hosts: [h]}}');
  const camera = (secret: string) => ({
    cameras: [{ id: 'a', source: 'rtsp://h', username: 'u', password: { secret } }],
  });
  t.match(one.judge(document(1, camera('door'))), { outcome: 'apply' });
  const cases: [config: object, error: object][] = [
    [
      { stats: { interval_s: 0 } },
      { path: 'stats.interval_s', expected: /from 1 to 3600/, found: 'the number 0' },
    ],
    [{ stats: { intervall_s: 1 } }, { path: 'stats.intervall_s', expected: /did you mean interval_s/ }],
    [{ stats: null }, { path: 'stats', found: 'null' }],
    [
      { model: { id: 'other' } },
      { path: 'model.id', expected: "a known model's name or auto", found: /"other"/ },
    ],
    [
      camera('dor'),
      { path: 'cameras.0.password.secret', expected: /the name of a secret/, found: 'the text "dor"' },
    ],
    [camera('gate'), { path: 'secrets.gate.file', found: '/absent/gate, which gives ENOENT' }],
    [{ cameras: [] }, { path: 'cameras', found: 'a list of 0 entries' }],
    [{ hasOwnProperty: 1 }, { path: 'hasOwnProperty', found: 'an unknown one' }],
    [JSON.parse('{"__proto__": {"polluted": 1}}'), { path: '__proto__', found: 'an unknown one' }],
  ];
  for (const [config, error] of cases) {
    const report = refusal(one.judge(document(1, config)));
    t.match(report, { code: 422, version: 1, id: 'doc-1', errors: [error] }, JSON.stringify(config));
    t.match(report.sha256, /^[0-9a-f]{64}$/);
    t.notMatch(JSON.stringify(report), 'c4n4ry');
  }
});

t.test('secrets of the local file’s own cameras are not this document’s fault', async (t) => {
  const yaml = `secrets: {gate: {file: /absent}}\ncameras: [{id: a, source: "rtsp://h", username: u, password: {secret: gate}}]`;
  t.match(box(t, yaml).judge(document(1, { stats: { interval_s: 2 } })), { outcome: 'apply' });
});

t.test('control.remote_config: false refuses everything', async (t) => {
  const one = box(t, 'control: {remote_config: false}');
  t.match(refusal(one.judge(document(1, {}))), { code: 403, version: 1, message: /control\.remote_config/ });
  t.match(refusal(one.judge('x')), { code: 400 });
});

t.test('400 and 413 carry as much of the name as there is', async (t) => {
  const one = box(t);
  t.match(refusal(one.judge('{')), { code: 400, version: null, id: null, sha256: null, last_good: null });
  t.match(refusal(one.judge({ version: 3, config: {} })), {
    code: 400,
    version: 3,
    id: null,
    errors: [{ path: 'id' }],
  });
  t.match(refusal(one.judge(' '.repeat(70_000))), { code: 413, version: null });
});
