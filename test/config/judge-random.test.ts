import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { canonicalSha256 } from '../../src/config/canonical-json.js';
import { ConfigSources } from '../../src/config/config-sources.js';
import { maxDesiredBytes } from '../../src/config/desired-document.js';
import { knownPaths } from '../../src/config/json-schema.js';
import { type Judgement, judgeDesired } from '../../src/config/judge-desired.js';
import { type ReportedConfig, reportedConfigPayload } from '../../src/config/reported-config.js';
import {
  accept,
  emptyState,
  fail,
  refuse,
  type StoredState,
  succeed,
} from '../../src/config/stored-state.js';
import { atScale, reached } from '../support/fault-figure.js';

const documents = atScale({ few: 1_000, tenth: 1_000, full: 10_000 });
const canary = 'c4n4ry';

const names = [
  ...new Set(knownPaths().flat()),
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'length',
  '',
];
const anyKey = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...names) }, fc.string());
const anyScalar = fc.oneof(
  fc.constantFrom('auto', 'known', 'GPU', 'sample:', '0', 'csi:0', 'rtsp://h/1', 'gst:x', '/etc/passwd', ''),
  fc.constantFrom(
    `rtsp://u:${canary}@h`,
    `http://h/?password=${canary}`,
    '../x',
    'x.xml',
    '\0',
    '\u2028',
    '\ud800',
  ),
  fc.constantFrom(0, 1, 8, 256, -1, 0.5, 1e99, 2 ** 53, true, false, null),
  fc.string(),
  fc.double({ noNaN: true }),
);
const anything = fc.letrec((tie) => ({
  node: fc.oneof(
    { depthSize: 'medium', withCrossShrink: true },
    { weight: 3, arbitrary: anyScalar },
    fc.dictionary(anyKey, tie('node'), { maxKeys: 4 }),
    fc.array(tie('node'), { maxLength: 3 }),
  ),
})).node;

const optional = { requiredKeys: [] };
const camera = fc.constantFrom(
  { id: 'a', source: 'sample:' },
  { id: 'b', source: 'rtsp://h/1', username: 'u', password: { secret: 'door' } },
  { id: 'c', source: 'http://h', username: 'u', password: { secret: 'gate' } },
  { id: 'd', source: '/dev/video0', width: 640 },
);
const valid = fc.record(
  {
    stats: fc.record({ interval_s: fc.integer({ min: 1, max: 3600 }) }),
    log: fc.record({ level: fc.constantFrom('debug', 'info') }),
    pose: fc.record({ min_score: fc.constantFrom(0, 0.25, 1) }),
    model: fc.record({ id: fc.constantFrom('known', 'auto'), threads: fc.nat(8) }, optional),
    cameras: fc.uniqueArray(camera, { minLength: 1, selector: ({ id }) => id }),
  },
  optional,
);
const invalid = fc.record({
  stats: fc.record({ interval_s: anyScalar }),
  log: fc.record({ level: anyScalar }),
});
/** Right in most places, so that what is wrong is found late. */
const nearly = fc.record(
  {
    stats: fc.record({ interval_s: fc.oneof(fc.nat(4000), anyScalar) }),
    log: fc.record({ level: fc.constantFrom('debug', 'info', 'loud') }),
    model: fc.record({ id: anyScalar, threads: fc.nat(2000) }, optional),
    cameras: fc.array(
      fc.record(
        {
          id: fc.constantFrom('a', 'b'),
          source: fc.oneof(fc.constantFrom('sample:', 'rtsp://h/1'), anyScalar),
          username: fc.constantFrom('u', ''),
          password: fc.oneof(fc.constantFrom({ secret: 'door' }, { secret: 'x' }, canary), anything),
        },
        { requiredKeys: ['id'] },
      ),
      { maxLength: 3 },
    ),
    mqtt: fc.oneof(fc.constant({}), fc.record({ password: fc.constant(canary) })),
    secrets: fc.dictionary(anyKey, fc.constant(canary)),
  },
  optional,
);

/** A document whose version is said relative to the last one that was accepted, or whatever else is sent. */
type Sent = { above: number; id: unknown; config: unknown } | { raw: unknown } | { again: true };
const id = fc.constantFrom('a', 'b');
const anyId = fc.constantFrom('x'.repeat(65), '', null, 7, '\u0000\ud800', '__proto__');
const sent: fc.Arbitrary<Sent> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ above: fc.constant(1), id, config: valid }) },
  { weight: 4, arbitrary: fc.record({ above: fc.constantFrom(1, 2, 1000), id, config: nearly }) },
  {
    weight: 2,
    arbitrary: fc.record({ above: fc.constantFrom(0, -1, 1), id, config: fc.oneof(valid, nearly) }),
  },
  { weight: 1, arbitrary: fc.record({ above: fc.constant(1), id, config: invalid }) },
  { weight: 2, arbitrary: fc.record({ above: fc.constant(1), id, config: anything }) },
  { weight: 1, arbitrary: fc.record({ above: fc.constant(1), id: anyId, config: valid }) },
  { weight: 1, arbitrary: fc.constant({ again: true as const }) },
  { weight: 1, arbitrary: fc.record({ raw: fc.record({ version: anyScalar, id, config: valid }) }) },
  { weight: 1, arbitrary: fc.record({ raw: anything }) },
);

type Mutation = (bytes: Buffer) => Buffer;
/** A document that has nothing against it but its depth. */
function deep(depth: number): Buffer {
  const cameras = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  return Buffer.from(
    `{"version": ${Number.MAX_SAFE_INTEGER}, "id": "deep", "config": {"cameras": ${cameras}}}`,
  );
}
const at = (bytes: Buffer, place: number) => Math.floor(place * bytes.length);
const place = fc.double({ min: 0, max: 0.999, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Mutation>((bytes) => bytes) },
  place.map<Mutation>((cut) => (bytes) => bytes.subarray(0, at(bytes, cut))),
  fc.tuple(place, fc.nat(255)).map<Mutation>(([where, value]) => (bytes) => {
    const copy = Buffer.from(bytes);
    copy[at(copy, where)] = value;
    return copy;
  }),
  fc.tuple(place, place).map<Mutation>(([from, to]) => (bytes) => {
    const piece = bytes.subarray(at(bytes, Math.min(from, to)), at(bytes, Math.max(from, to)));
    return Buffer.concat([bytes.subarray(0, at(bytes, to)), piece, bytes.subarray(at(bytes, to))]);
  }),
  fc.nat(4).map<Mutation>((copies) => (bytes) => Buffer.concat(Array.from({ length: copies }, () => bytes))),
  fc.constant<Mutation>((bytes) => Buffer.concat([bytes, Buffer.alloc(maxDesiredBytes, ' ')])),
  fc.constantFrom(33, 300, 9_000).map<Mutation>((depth) => () => deep(depth)),
);

/** What becomes of a document that is accepted; one that is neither is followed by another while on probation. */
const fate = fc.constantFrom('good', 'bad', 'probation');

function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(what);
}

/** One device, and what must hold of everything that is sent to it. */
class Box {
  state: StoredState = emptyState;
  readonly codes = new Map<number, number>();
  /** Documents that came, those not counted that were only repeated. */
  documents = 0;
  /** What was said of them, `applying` apart. */
  terminalReports = 0;
  changesByRefusal = 0;
  readonly #sources: ConfigSources;

  constructor(sources: ConfigSources) {
    this.#sources = sources;
  }

  receive(sent: Sent, mutate: Mutation, fate: string): void {
    const payload = mutate(Buffer.from(JSON.stringify(this.#document(sent))));
    const before = JSON.stringify(this.state);
    const judgement = judgeDesired(payload, {
      state: this.state,
      sources: this.#sources,
      running: this.#sources.effective(this.state.active?.config).config,
      isModelName: (name) => name === 'known',
    });
    require(JSON.stringify(this.state) === before, 'judging changed the state');
    const reports = judgement.outcome === 'apply' ? this.#apply(judgement, fate) : this.#answer(judgement);
    for (const report of reports) this.#checkReport(report);
    if (judgement.outcome === 'repeated') return;
    this.documents++;
    this.#countTerminal(reports);
  }

  /** The last document may still be on probation: it is good. */
  settle(): void {
    if (this.state.active?.phase !== 'probation') return;
    const { state, reports } = succeed(this.state);
    this.state = state;
    this.#countTerminal(reports);
  }

  #countTerminal(reports: readonly ReportedConfig[]): void {
    this.terminalReports += reports.filter(({ status }) => status !== 'applying').length;
  }

  #document(sent: Sent): unknown {
    if ('raw' in sent) return sent.raw;
    const { accepted, active } = this.state;
    if ('again' in sent)
      return { version: accepted?.version ?? 1, id: 'again', config: active?.config ?? {} };
    return { version: (accepted?.version ?? 0) + sent.above, id: sent.id, config: sent.config };
  }

  #apply({ document }: Extract<Judgement, { outcome: 'apply' }>, fate: string): ReportedConfig[] {
    const wasOnProbation = this.state.active?.phase === 'probation';
    const accepted = accept(this.state, document);
    const { state, reports } =
      fate === 'good'
        ? succeed(accepted.state)
        : fate === 'bad'
          ? fail(accepted.state, 'it failed')
          : accepted;
    this.state = state;
    const { active } = state;
    require(active === null ||
      active.sha256 === canonicalSha256(active.config), 'the hash is not the content’s');
    const all = fate === 'probation' ? reports : [...accepted.reports, ...reports];
    const terminal = (version: number) => (report: ReportedConfig) =>
      report.version === version && report.status !== 'applying';
    const [superseded, ...others] = all.filter((report) => report.version !== document.version);
    require((superseded !== undefined) === wasOnProbation &&
      others.length === 0, 'reports of another document');
    const own = all.filter(terminal(document.version)).length;
    require(own === (fate === 'probation' ? 0 : 1), `${own} terminal reports`);
    return all;
  }

  #answer(judgement: Exclude<Judgement, { outcome: 'apply' }>): ReportedConfig[] {
    const { outcome, report } = judgement;
    if (outcome === 'refused') {
      const active = this.state.active?.sha256;
      this.state = refuse(this.state, report).state;
      if (this.state.active?.sha256 !== active) this.changesByRefusal++;
      require(report.status === 'rejected', `refused as ${report.status}`);
    } else {
      require(report.status === this.state.accepted?.report.status, 'another outcome than before');
    }
    return [report];
  }

  #checkReport(report: ReportedConfig): void {
    reportedConfigPayload.parse(report);
    const text = JSON.stringify(report);
    require(!text.includes(canary), `a secret got into ${text}`);
    require(text.length < 32_768, `a report of ${text.length} bytes`);
    this.codes.set(report.code, (this.codes.get(report.code) ?? 0) + 1);
  }
}

t.test(`${documents} random and mutated documents on one box, one after the other`, async (t) => {
  const folder = t.testdir({ gate: 'x\n' });
  const configFile = join(folder, 'config.yaml');
  const secrets = `secrets: {door: {value: ${canary}, hosts: [h]}, gate: {file: ${join(folder, 'gate')}, hosts: [h]}}`;
  const mqtt = `mqtt: {password: ${canary}, username: u, url: "mqtt://h"}`;
  writeFileSync(configFile, `${secrets}\n${mqtt}\n`, { mode: 0o600 });
  const box = new Box(ConfigSources.read({ configFile, environment: { HOME: '/h' } }));
  const builtIns = () => [Object.prototype, Array.prototype, Function.prototype].flatMap(Reflect.ownKeys);
  const before = builtIns();

  const everyOne = fc.property(sent, mutation, fate, (...one) => box.receive(...one));
  const run = fc.check(everyOne, { numRuns: documents });
  t.notOk(run.failed, fc.defaultReportMessage(run) ?? 'no document broke a rule');
  box.settle();

  const fault = 'bad_config';
  const judged = run.numRuns - Number(run.failed);
  reached(t, { fault, what: 'documents judged without an exception', value: judged, exactly: documents });
  const { terminalReports, changesByRefusal } = box;
  reached(t, { fault, what: 'terminal reports', value: terminalReports, exactly: box.documents });
  reached(t, { fault, what: 'changes of the active hash by a refusal', value: changesByRefusal, exactly: 0 });
  const polluted = builtIns().filter((key) => !before.includes(key)).length;
  reached(t, { fault, what: 'keys added to built-in prototypes', value: polluted, exactly: 0 });
  const counts = [...box.codes].sort(([a], [b]) => a - b);
  t.comment(counts.map(([code, count]) => `${code}: ${count}`).join(', '));
  for (const code of [200, 202, 400, 403, 409, 413, 422, 500]) {
    t.ok((box.codes.get(code) ?? 0) >= documents / 200, `enough documents got ${code}`);
  }
});
