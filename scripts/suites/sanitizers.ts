import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from './suite.js';

/** Environment of programs that are built with AddressSanitizer and UndefinedBehaviorSanitizer. */
export const sanitizerOptions = {
  ASAN_OPTIONS: 'detect_leaks=1:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/** Environment of programs that are built with ThreadSanitizer, or load an addon that is. */
export const threadSanitizerOptions = {
  TSAN_OPTIONS: `suppressions=${join(root, 'native/sanitizers/tsan-suppressions.txt')}:second_deadlock_stack=1`,
};

/** An addon with a sanitizer in a program without: its library must be there first. */
export function preloaded(library: 'libasan' | 'libtsan'): { LD_PRELOAD: string } {
  const path = execFileSync('g++', [`-print-file-name=${library}.so`], { encoding: 'utf8' });
  return { LD_PRELOAD: path.trim() };
}
