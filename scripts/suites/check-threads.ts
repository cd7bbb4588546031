import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { testEnvironment, threadSanitizerInNode } from './sanitizers.js';
import { root } from './suite.js';

/** Runs test files on the addons with ThreadSanitizer, one at a time: each takes many times as long as without. */
const limits = ['--timeout=1800', '--jobs=1'];
const args = [...limits, ...testEnvironment(threadSanitizerInNode()), ...process.argv.slice(2)];
const { status } = spawnSync(join(root, 'node_modules/.bin/tap'), args, { cwd: root, stdio: 'inherit' });
process.exitCode = status ?? 1;
