import { posix } from 'node:path';
import type { FileRole, ModelFamily, NetworkInput } from './catalog-schema.js';
import type { Manifest } from './manifest-schema.js';
import { toSkeleton } from './skeleton-field.js';

interface FamilyRules {
  skeleton: Manifest['skeleton'];
  required: readonly FileRole[];
  endings: readonly string[];
  /** How each network's input is made from a picture; each network has exactly these. */
  inputs: Partial<Record<FileRole, NetworkInput['resize']>>;
}

const rules: Record<ModelFamily, FamilyRules> = {
  openpose: {
    skeleton: 'openpose18',
    required: ['xml'],
    endings: ['.xml', '.onnx'],
    inputs: { xml: 'letterbox-top-left' },
  },
  blazepose: {
    skeleton: 'blazepose33',
    required: ['detector', 'landmarks'],
    endings: ['.tflite', '.onnx'],
    inputs: { detector: 'letterbox-centre', landmarks: 'rotated-crop' },
  },
};

/** Everything in which a manifest is not of its family; empty where it is. The engine compares the tensors later. */
export function familyFaults(manifest: Manifest): string[] {
  const rule = rules[manifest.family];
  const faults: string[] = [];
  if (manifest.skeleton !== rule.skeleton) {
    faults.push(
      `expected the skeleton ${toSkeleton(rule.skeleton).name}, found ${toSkeleton(manifest.skeleton).name}`,
    );
  }
  return [
    ...faults,
    ...fileFaults(manifest, rule),
    ...inputFaults(manifest, rule),
    ...outputFaults(manifest),
  ];
}

function fileFaults({ files }: Manifest, { required, endings }: FamilyRules): string[] {
  const faults: string[] = [];
  const path = (role: FileRole) => files.find((file) => file.role === role)?.path;
  const main = path('xml') ?? '';
  // The two halves of an OpenVINO IR find each other by name.
  const weights = main.endsWith('.xml') ? `${posix.basename(main, '.xml')}.bin` : undefined;
  const wanted = weights === undefined ? required : [...required, 'bin' as const];
  const found = files.map(({ role }) => role);
  if ([...found].sort().join() !== [...wanted].sort().join()) {
    faults.push(`expected the files ${wanted.join(', ')}, found ${found.join(', ')}`);
  }
  for (const role of required) {
    const name = path(role);
    if (name !== undefined && !endings.includes(posix.extname(name))) {
      faults.push(`${name}: expected an ending of ${endings.join(' or ')}`);
    }
  }
  const bin = path('bin');
  if (weights !== undefined && bin !== undefined && posix.basename(bin) !== weights) {
    faults.push(`${bin}: expected it to be called ${weights}, as its .xml is`);
  }
  const names = new Set(files.map((file) => posix.basename(file.path)));
  if (names.size < files.length) faults.push('expected file names that differ');
  return faults;
}

function inputFaults({ inputs }: Manifest, { inputs: wanted }: FamilyRules): string[] {
  const faults: string[] = [];
  const roles = Object.keys(wanted) as FileRole[];
  if (Object.keys(inputs).sort().join() !== [...roles].sort().join()) {
    faults.push(`expected inputs of ${roles.join(', ')}, found ${Object.keys(inputs).join(', ') || 'none'}`);
  }
  for (const role of roles) {
    const input = inputs[role];
    if (input === undefined) continue;
    const { width, height, stride = 1, resize } = input;
    const size = `${width}x${height}`;
    if (resize !== wanted[role]) faults.push(`${role}: expected ${wanted[role]}, found ${resize}`);
    if (width > 4096 || height > 4096) faults.push(`${role}: expected at most 4096x4096, found ${size}`);
    if (width % stride !== 0 || height % stride !== 0) {
      faults.push(`${role}: expected multiples of the stride ${stride}, found ${size}`);
    }
  }
  return faults;
}

function outputFaults({ family, outputs }: Manifest): string[] {
  if (outputs === undefined) return [];
  if (family === 'blazepose') return ['expected no outputs: they are the same in every BlazePose network'];
  const { heatmaps, pafs } = outputs;
  const fine = heatmaps !== '' && pafs !== '' && heatmaps !== pafs;
  return fine ? [] : ['expected two outputs with names that differ'];
}
