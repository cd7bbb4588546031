import t from 'tap';
import { configChange } from '../../src/config/config-change.js';
import { loadConfig } from '../../src/config/load-config.js';
import { localOnlyProblems } from '../../src/config/local-only.js';
import { parseConfig } from '../../src/config/parse-config.js';

const load = (skeleton?: string) =>
  loadConfig({
    environment: { HOME: '/h', ...(skeleton === undefined ? {} : { EDGE_POSE_OUTPUT__SKELETON: skeleton }) },
  }).config;

t.test('the skeleton of what is published: native unless another is named', async (t) => {
  t.equal(load().output.skeleton, 'native');
  for (const skeleton of ['native', 'coco17', 'openpose18'] as const) {
    t.equal(load(skeleton).output.skeleton, skeleton);
    t.match(parseConfig({ output: { skeleton } }), { config: { output: { skeleton } } });
  }
  for (const wrong of ['coco', 'blazepose33', 'COCO17', '17']) {
    t.throws(() => load(wrong), { code: 'CONFIG_INVALID', message: /output\.skeleton: expected .*coco17/ });
  }
});

t.test('it is taken over by the running agent, and from afar', async (t) => {
  t.same(configChange(load(), load('coco17')), { scope: 'live', paths: ['output.skeleton'] });
  t.same(
    localOnlyProblems({ output: { skeleton: 'coco17' } }, () => false),
    [],
  );
});
