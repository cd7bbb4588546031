import { cloneSuites } from './clone.js';
import { reasonsOfSkips } from './counts.js';
import { failuresIn } from './failures.js';
import { suites } from './list.js';
import { runSuite } from './suite.js';

/**
 * Runs the suites whose names contain one of the arguments, all without arguments, and closes with the sum. With --plain-clone also those
 * that prove that a clone without golden data passes.
 */
async function main(): Promise<void> {
  const withPlainClone = process.argv.includes('--plain-clone');
  const wanted = process.argv.slice(2).filter((argument) => argument !== '--plain-clone');
  const all = withPlainClone ? [...suites(), ...cloneSuites()] : suites();
  const total = { passed: 0, failed: 0, skipped: 0 };
  const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
  if (chosen.length === 0) {
    const names = all.map(({ name }) => `  ${name}`);
    process.stderr.write(`no suite is called ${wanted.join(' or ')}; there are:\n${names.join('\n')}\n`);
    process.exitCode = 2;
    return;
  }
  for (const suite of chosen) {
    if (process.stdout.isTTY) process.stdout.write(`    ${suite.name} …\r`);
    const { passed, failed, skipped, seconds, output, log } = await runSuite(suite);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
    const skips = skipped > 0 ? `, ${skipped} skipped` : '';
    const mark = failed > 0 ? 'not ok' : 'ok';
    process.stdout.write(
      `${mark} - ${suite.name}: ${passed} passed, ${failed} failed${skips} (${seconds.toFixed(1)} s)\n`,
    );
    if (skipped > 0) process.stdout.write(`    skipped: ${reasonsOfSkips(output)}\n`);
    if (suite.shown && failed === 0) process.stdout.write(output);
    if (failed > 0) {
      process.stdout.write(`${failuresIn(output)}\nthe whole output: ${log}\n`);
      process.exitCode = 1;
    }
  }
  const skips = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skips}\n`);
}

await main();
