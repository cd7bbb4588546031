import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, relative, resolve } from 'node:path';
import t from 'tap';

const root = resolve(import.meta.dirname, '../..');

function filesBelow(folder: string, endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

/** Rooms of src, lowest first: a room may import from lower tiers and from itself. */
const tiers: readonly (readonly string[])[] = [
  ['pose', 'network', 'native'],
  ['config', 'models'],
  ['camera', 'engine', 'track', 'mqtt', 'telemetry', 'jetson', 'systemd', 'preview'],
  ['worker', 'agent'],
  ['validate'],
  ['cli'],
];
/** The agent speaks to its worker, and so knows what is said. */
const allowed = new Set(['agent -> worker']);

function tierOf(room: string): number {
  return tiers.findIndex((rooms) => rooms.includes(room));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    normalize(join(dirname(file), match[1] as string)),
  );
}

t.test('rooms of src import one way', async (t) => {
  const violations: string[] = [];
  for (const file of filesBelow('src', ['.ts'])) {
    const [, room, rest] = file.split('/');
    if (rest === undefined) continue; // the package's own face and the error registry belong to no room
    t.not(tierOf(room as string), -1, `${room} is a room of the house`);
    for (const imported of importsOf(file)) {
      const [top, other, inner] = imported.split('/');
      if (top !== 'src') violations.push(`${file} imports ${imported}`);
      if (inner === undefined || other === room || allowed.has(`${room} -> ${other}`)) continue;
      if (tierOf(other as string) >= tierOf(room as string)) violations.push(`${file} imports ${imported}`);
    }
  }
  t.same(violations, []);
});

/** Headers each native folder may include beside its own and the core's. */
const vendorHeaders: Record<string, RegExp> = {
  openvino: /^openvino\//,
  tensorrt: /^(Nv|cuda)/,
  addon: /^(napi|node_api)/,
  files: /^sodium/,
  capture: /^(lib(av|sw)|jpeglib|opencv)/,
};
/** The reference that a decoder is measured against brings its own. */
const measured = 'bench/omz_reference.cc';

t.test('native folders include one way, and each vendor in its own', async (t) => {
  const violations: string[] = [];
  for (const file of filesBelow('native', ['.h', '.cc', '.cu'])) {
    if (file === `native/${measured}`) continue;
    const folder = file.split('/')[1] as string;
    const includes = [...readFileSync(join(root, file), 'utf8').matchAll(/^#include [<"]([^>"]+)[>"]/gm)];
    for (const [, header] of includes as unknown as [string, string][]) {
      for (const [owner, pattern] of Object.entries(vendorHeaders)) {
        if (pattern.test(header) && folder !== owner) violations.push(`${file} includes ${header}`);
      }
      if (header.includes('..')) violations.push(`${file} includes ${header}`);
      if (folder === 'core' && /^opencv/.test(header)) violations.push(`${file} includes ${header}`);
    }
  }
  t.same(violations, []);
});

/** Other folders whose headers a native folder may include; those that are not named here may include all. */
const nativeUses: Record<string, readonly string[]> = {
  core: [],
  files: ['core'],
  openvino: ['core', 'files'],
  tensorrt: ['core', 'files'],
  capture: ['files'],
  addon: ['core', 'files', 'capture'],
};

t.test('native folders include the headers of those below them alone', async (t) => {
  const owners = new Map<string, string>();
  for (const folder of Object.keys(nativeUses)) {
    for (const file of filesBelow(`native/${folder}`, ['.h'])) {
      // The double has headers of its own, called as TensorRT's are.
      if (!file.includes('/double/')) owners.set(basename(file), folder);
    }
  }
  const violations: string[] = [];
  for (const [folder, used] of Object.entries(nativeUses)) {
    for (const file of filesBelow(`native/${folder}`, ['.h', '.cc', '.cu'])) {
      for (const [, header] of readFileSync(join(root, file), 'utf8').matchAll(/^#include "([^"]+)"/gm)) {
        const owner = owners.get(basename(header as string));
        if (owner === undefined || owner === folder || used.includes(owner)) continue;
        violations.push(`${file} includes ${header}`);
      }
    }
  }
  t.same(violations, []);
});

t.test('the rules catch what they are for', async (t) => {
  t.ok(tierOf('pose') < tierOf('camera') && tierOf('camera') < tierOf('cli'));
  t.match('openvino/openvino.hpp', vendorHeaders.openvino as RegExp);
  t.match('NvInfer.h', vendorHeaders.tensorrt as RegExp);
  t.match('napi.h', vendorHeaders.addon as RegExp);
  t.match('sodium.h', vendorHeaders.files as RegExp);
  t.match('libavformat/avformat.h', vendorHeaders.capture as RegExp);
});

/** What reads otherwise than by readBounded(), and why it may. */
const otherReaders: Record<string, string> = {
  'src/read-bounded.ts': 'is readBounded()',
  'src/models/check-file.ts':
    'reads model files piece by piece, after it saw that they are files of the right size',
  'src/config/default-names.ts': '/etc/machine-id',
  'src/agent/device-info.ts': '/proc',
  'src/agent/process-tree.ts': '/proc',
  'src/agent/count-memory-kills.ts': '/proc and /sys',
  'src/worker/raise-oom-score.ts': '/proc',
  'src/cli/process-cpu.ts': '/proc',
  'src/telemetry/read-temperatures.ts': '/sys',
  'src/jetson/read-text.ts': '/proc, /sys and /etc',
  'src/camera/peer-user.ts': '/proc',
  'src/camera/probe-cameras.ts': '/sys and /etc/group',
  'src/cli/agent-version.ts': 'package.json, which Node.js itself has read by then',
};

t.test('files are read by readBounded() alone, which no pipe holds up and no size frightens', async (t) => {
  const readers = filesBelow('src', ['.ts']).filter((file) =>
    /\b(readFile|readFileSync|createReadStream)\(/.test(readFileSync(join(root, file), 'utf8')),
  );
  t.same(
    readers.filter((file) => !(file in otherReaders)),
    [],
  );
  t.same(
    Object.keys(otherReaders).filter((file) => file !== 'src/read-bounded.ts' && !readers.includes(file)),
    [],
    'no exception is out of date',
  );
});
