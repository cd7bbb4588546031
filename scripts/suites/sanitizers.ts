import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './suite.js';

/** Environment of programs that are built with AddressSanitizer and UndefinedBehaviorSanitizer. */
export const sanitizerOptions = {
  ASAN_OPTIONS: 'detect_leaks=1:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/** Environment of programs that are built with ThreadSanitizer. */
export const threadSanitizerOptions = {
  TSAN_OPTIONS: `suppressions=${join(root, 'native/sanitizers/tsan-suppressions.txt')}`,
  // TBB loads its helper in a way that the sanitizers end a program for, unless it is told of them.
  TBB_ENABLE_SANITIZERS: '1',
};

/** The same beside libraries that are built without it. What their own calls of the C library do to memory is not looked at;
 *  what instrumented code does is, whoever calls it. */
export const threadSanitizerBesideOthers = {
  ...threadSanitizerOptions,
  TSAN_OPTIONS: `${threadSanitizerOptions.TSAN_OPTIONS}:ignore_noninstrumented_modules=1`,
};

/** Environment of a node that loads addons with ThreadSanitizer. */
export function threadSanitizerInNode(): Record<string, string> {
  return {
    ...threadSanitizerBesideOthers,
    EDGE_POSE_NATIVE_DIR: join(root, 'build/tsan'),
    ...preloaded('libtsan'),
  };
}

/** The arguments that have tap give this to its tests, and not use it itself: tap does not live through such a library. */
export function testEnvironment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `--test-env=${name}=${value}`);
}

/** An addon with a sanitizer in a program without: its library must be there first. */
export function preloaded(library: 'libasan' | 'libtsan'): { LD_PRELOAD: string } {
  const path = execFileSync('g++', [`-print-file-name=${library}.so`], { encoding: 'utf8' });
  return { LD_PRELOAD: path.trim() };
}
