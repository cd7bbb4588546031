import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { sessionSpec } from '../../src/agent/session-spec.js';
import { loadConfig } from '../../src/config/load-config.js';
import { openSession } from '../../src/engine/session.js';
import type { AgentError } from '../../src/errors.js';
import { resolveInstalled } from '../../src/models/resolve.js';
import { reached } from '../support/fault-figure.js';
import { sharedData, withoutSharedData } from '../support/shared-data.js';

const fault = 'damaged_files';
t.setTimeout(300_000);
const stateDir = mkdtempSync(join(tmpdir(), 'model-files-'));
t.teardown(() => rmSync(stateDir, { recursive: true }));
const { config } = loadConfig({ environment: { EDGE_POSE_STATE_DIR: stateDir } });

/** What becomes of a file between the agent's check and a later start of the worker. */
const damages: Readonly<Record<string, (path: string, bytes: Buffer) => void>> = {
  'a flipped bit': (path, bytes) => {
    const at = Math.floor(bytes.length * 0.6);
    writeFileSync(path, Buffer.from(bytes).fill((bytes[at] as number) ^ 0x10, at, at + 1));
  },
  zeros: (path, bytes) => writeFileSync(path, Buffer.from(bytes).fill(0, bytes.length >> 1)),
  'cut off': (path, bytes) => truncateSync(path, bytes.length - 64),
};

/** The model's files must be the test's own. */
async function refusesDamage(t: Test, name: string): Promise<void> {
  const model = await resolveInstalled(name, { stateDir });
  const paths = Object.values(model.files);
  t.same(Object.keys(model.sha512).sort(), paths.toSorted(), 'each of its files is known by its hash');
  const spec = sessionSpec(config, model);
  await (await openSession('openvino', spec)).close(); // what is compiled is kept, and is not to hide a damage
  let refused = 0;
  for (const path of paths) {
    const bytes = readFileSync(path);
    for (const [what, damage] of Object.entries(damages)) {
      damage(path, bytes);
      for (const cacheDir of [spec.cacheDir, '']) {
        const opening = openSession('openvino', { ...spec, cacheDir }).then((session) => session.close());
        const code = await opening.catch((error: AgentError) => error.code);
        if (code === 'MODEL_CHECKSUM_MISMATCH') refused++;
        await t.rejects(
          opening,
          { code: 'MODEL_CHECKSUM_MISMATCH', message: new RegExp(`^${path} was changed or damaged`) },
          `${path}: ${what}`,
        );
      }
      writeFileSync(path, bytes);
    }
  }
  await (await openSession('openvino', spec)).close();
  const what = `${model.id}: damages to its files after the check, refused`;
  reached(t, { fault, what, value: refused, exactly: 2 * paths.length * Object.keys(damages).length });
}

t.test('a model of the store that was damaged since it was checked is not opened', async (t) => {
  await refusesDamage(t, 'blazepose-lite');
});

t.test('neither is a file of the user’s own', { skip: withoutSharedData }, async (t) => {
  const shared = sharedData();
  const folder = join(stateDir, 'own');
  cpSync(join(shared, 'models/human-pose-estimation-0001/FP16-INT8'), folder, { recursive: true });
  await refusesDamage(t, join(folder, 'human-pose-estimation-0001.xml'));
});
