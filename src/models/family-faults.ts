import { posix } from 'node:path';
import type { FileRole } from './catalog-schema.js';
import { readDecodeFacts } from './decode-facts.js';
import { type FamilyRules, familyRules, fixedSkeletons, isTopDown } from './family-rules.js';
import type { Manifest } from './manifest-schema.js';
import { toSkeleton } from './skeleton-field.js';

/** What a manifest says of a model, signed or not. */
export type DescribedModel = Pick<
  Manifest,
  'family' | 'skeleton' | 'inputs' | 'outputs' | 'decode' | 'detector' | 'box_scale'
> & { files: readonly { role: FileRole; path: string }[] };

/** Everything in which a manifest is not of its family; empty where it is. The engine compares the tensors later. */
export function familyFaults(manifest: DescribedModel): string[] {
  const rule = familyRules[manifest.family];
  return [
    ...skeletonFaults(manifest),
    ...fileFaults(manifest, rule),
    ...inputFaults(manifest, rule),
    ...outputFaults(manifest, rule),
    ...decodeFaults(manifest),
    ...detectorFaults(manifest),
  ];
}

function skeletonFaults({ family, skeleton }: DescribedModel): string[] {
  const fixed = fixedSkeletons[family];
  if (fixed === undefined || skeleton === fixed) return [];
  return [`expected the skeleton ${fixed}, found ${toSkeleton(skeleton).name}`];
}

/** The two halves of an OpenVINO IR find each other by name. */
const otherHalves: Partial<Record<FileRole, FileRole>> = { xml: 'bin', detector: 'detector_bin' };

function fileFaults({ files }: DescribedModel, { required, endings }: FamilyRules): string[] {
  const faults: string[] = [];
  const path = (role: FileRole) => files.find((file) => file.role === role)?.path;
  const wanted: FileRole[] = [];
  for (const role of required) {
    wanted.push(role);
    const name = path(role) ?? '';
    const half = otherHalves[role];
    if (half === undefined || !name.endsWith('.xml')) continue;
    wanted.push(half);
    const weights = path(half);
    const expected = `${posix.basename(name, '.xml')}.bin`;
    if (weights !== undefined && posix.basename(weights) !== expected) {
      faults.push(`${weights}: expected it to be called ${expected}, as its .xml is`);
    }
  }
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
  const names = new Set(files.map((file) => posix.basename(file.path)));
  if (names.size < files.length) faults.push('expected file names that differ');
  return faults;
}

function inputFaults({ inputs }: DescribedModel, { inputs: wanted }: FamilyRules): string[] {
  const faults: string[] = [];
  const roles = Object.keys(wanted) as FileRole[];
  if (Object.keys(inputs).sort().join() !== [...roles].sort().join()) {
    faults.push(`expected inputs of ${roles.join(', ')}, found ${Object.keys(inputs).join(', ') || 'none'}`);
  }
  for (const role of roles) {
    const input = inputs[role];
    const rules = wanted[role] ?? [];
    if (input === undefined) continue;
    const { width, height, stride = 1, resize, batch = 1 } = input;
    const size = `${width}x${height}`;
    if (!rules.includes(resize)) faults.push(`${role}: expected ${rules.join(' or ')}, found ${resize}`);
    if (width > 4096 || height > 4096) faults.push(`${role}: expected at most 4096x4096, found ${size}`);
    if (width % stride !== 0 || height % stride !== 0) {
      faults.push(`${role}: expected multiples of the stride ${stride}, found ${size}`);
    }
    if (batch > 1 && resize !== 'crop') faults.push(`${role}: expected a batch of 1, found ${batch}`);
  }
  return faults;
}

function outputFaults({ family, outputs }: DescribedModel, rule: FamilyRules): string[] {
  if (outputs === undefined) return [];
  if (family === 'blazepose') return ['expected no outputs: they are the same in every BlazePose network'];
  const unknown = Object.keys(outputs).filter((role) => !rule.outputs.includes(role));
  if (unknown.length > 0)
    return [`expected outputs of ${rule.outputs.join(', ')}, found ${unknown.join(', ')}`];
  const names = Object.values(outputs);
  return new Set(names).size === names.length ? [] : ['expected outputs with names that differ'];
}

function decodeFaults({ family, decode }: DescribedModel): string[] {
  if (decode === undefined) return [];
  if (family === 'blazepose') return ['expected no decode options: BlazePose has none'];
  const { error } = readDecodeFacts(family, decode);
  return error ? error.issues.map(({ path, message }) => `decode.${path.join('.')}: ${message}`) : [];
}

function detectorFaults({ family, detector, box_scale }: DescribedModel): string[] {
  if (isTopDown(family)) return detector === undefined ? [`expected a detector: ${family} is top-down`] : [];
  const faults = detector === undefined ? [] : [`expected no detector: ${family} needs none`];
  return box_scale === undefined ? faults : [...faults, `expected no box_scale: ${family} has no crops`];
}
