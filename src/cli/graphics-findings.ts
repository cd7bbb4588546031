import { accessSync, constants, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decoderFor, ffmpegDecoder } from '../camera/ffmpeg-decoder.js';
import { isStream } from '../config/camera-section.js';
import type { Config } from '../config/schema.js';
import { type Finding, ok } from './finding.js';

const check = 'graphics unit';

/** Whether there is one for the cameras whose video it may decode, below `root`; empty where there are none of those. */
export function graphicsFindings(cameras: Config['cameras'], root: string): Finding[] {
  const wanted = cameras
    .filter(({ enabled, source, decoder }) => enabled && decoder !== 'jetson' && isStream(source))
    .map(({ decoder }) => decoderFor(ffmpegDecoder(decoder)))
    .filter((decoder) => decoder !== 'software');
  if (wanted.length === 0) return [];
  const verdict = wanted.includes('vaapi') ? 'failed' : 'note';
  const nodes = renderNodes(join(root, 'dev/dri'));
  if (nodes.length === 0) {
    const found = 'none (/dev/dri/renderD*): video is decoded on the CPU';
    if (verdict === 'note') return [ok(check, found)];
    const remedy = 'Load its kernel driver, pass the device into the container, or set decoder: auto.';
    return [{ check, verdict, found: 'decoder: vaapi is configured, and there is none', remedy }];
  }
  const usable = nodes.filter(mayOpen);
  if (usable.length > 0) {
    const found = `${usable.join(', ')}; \`pose-agent cameras test\` shows whether its driver decodes a camera's video`;
    return [ok(check, found)];
  }
  const found = `this user may not open ${nodes.join(', ')}`;
  return [{ check, verdict, found, remedy: 'Add the user to the group render, and log in again.' }];
}

function renderNodes(folder: string): string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.startsWith('renderD'));
    return names.sort().map((name) => join(folder, name));
  } catch {
    return [];
  }
}

function mayOpen(node: string): boolean {
  try {
    accessSync(node, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
