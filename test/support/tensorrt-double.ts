import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

const folder = resolve(import.meta.dirname, '../../build/double');

/**
 * The environment of a process whose TensorRT is our addon on the test double of its SDK, built with AddressSanitizer.
 * `faults` are those of native/tensorrt/double/README.md, each process counts anew.
 */
export function tensorRtDouble(faults: string): NodeJS.ProcessEnv {
  if (!existsSync(resolve(folder, 'tensorrt.node'))) {
    throw new Error('build/double/tensorrt.node is not built: ./scripts/test builds it');
  }
  return {
    EDGE_POSE_NATIVE_DIR: folder,
    POSE_SDK_DOUBLE: faults,
    // A program without the sanitizer must have it there before the addon comes.
    LD_PRELOAD: execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
    ASAN_OPTIONS: 'detect_leaks=0',
  };
}
