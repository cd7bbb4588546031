import { check } from 'recheck';

/** Beyond what any takes: a slow machine is to come to the same verdict. */
const timeoutMs = 60_000;

/** What is wrong with a regular expression, with a text that makes it slow; `''` where it is harmless. */
export async function verdictOf(source: string, flags: string): Promise<string> {
  const diagnostics = await check(source, flags, { timeout: timeoutMs, randomSeed: 1 });
  if (diagnostics.status === 'safe') return '';
  if (diagnostics.status === 'unknown')
    return 'the checker cannot tell that it is harmless; a simpler one is needed';
  return `${diagnostics.complexity.summary}; slow with ${diagnostics.attack.pattern}`;
}
