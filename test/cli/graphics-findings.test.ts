import { chmodSync } from 'node:fs';
import t from 'tap';
import { graphicsFindings } from '../../src/cli/graphics-findings.js';
import { parseConfig } from '../../src/config/parse-config.js';

function findings(root: string, ...cameras: object[]) {
  const listed = cameras.map((camera, index) => ({ id: `c${index}`, source: 'rtsp://h/1', ...camera }));
  const parsed = parseConfig({ cameras: listed });
  if ('problems' in parsed) throw new Error(JSON.stringify(parsed.problems));
  return graphicsFindings(parsed.config.cameras, root);
}

const vaapi = { decoder: 'vaapi' };

t.test('nothing is said where no camera could use a graphics unit', async (t) => {
  const root = t.testdir();
  const none = [
    { source: 'sample:' },
    { decoder: 'software' },
    { decoder: 'jetson' },
    { ...vaapi, enabled: false },
  ];
  t.same(findings(root, ...none), []);
});

t.test('without one: well, unless it was asked for', async (t) => {
  const root = t.testdir({ dev: { dri: { card0: '' } } });
  t.match(findings(root, vaapi, {}), [{ verdict: 'failed', remedy: /or set decoder: auto/ }]);
  if (process.arch !== 'x64') return;
  t.match(findings(root, {}), [{ verdict: 'ok', found: /^none .*: video is decoded on the CPU$/ }]);
});

t.test('one that may be opened, and one that may not', async (t) => {
  const root = t.testdir({ dev: { dri: { renderD129: '', renderD128: '' } } });
  t.match(findings(root, vaapi), [{ verdict: 'ok', found: /renderD128, .*renderD129; .*cameras test/ }]);
  if (process.getuid?.() === 0) return; // may open everything
  chmodSync(`${root}/dev/dri/renderD128`, 0);
  chmodSync(`${root}/dev/dri/renderD129`, 0);
  t.match(findings(root, vaapi), [{ verdict: 'failed', remedy: /group render/ }]);
});
