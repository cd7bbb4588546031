import { parseArgs } from 'node:util';
import { Arena } from './arena.js';
import type { Attack, Outcome } from './attack.js';
import { attacks } from './attacks.js';

/** Makes the attacks whose names are given, all without, and prints what was seen as a table. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { agent: { type: 'string' } },
    allowPositionals: true,
  });
  const names = Object.keys(attacks);
  const unknown = positionals.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(
      `no attack is called ${unknown.join(' or ')}; there are:\n  ${names.join('\n  ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  process.stdout.write('| attack | how | held | seen |\n| --- | --- | --- | --- |\n');
  let lost = 0;
  let made = 0;
  for (const [name, attack] of Object.entries(attacks)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    if (process.stdout.isTTY) process.stdout.write(`  ${name} …\r`);
    for (const { what, held, seen } of await outcomesOf(attack, values.agent)) {
      made++;
      if (!held) lost++;
      process.stdout.write(`| ${attack.title} | ${what} | ${held ? 'yes' : 'NO'} | ${seen} |\n`);
    }
  }
  process.stdout.write(`${made - lost} of ${made} attacks held\n`);
  if (lost > 0) process.exitCode = 1;
}

/** An attack that cannot be made has not been held off. */
async function outcomesOf(attack: Attack, program: string | undefined): Promise<Outcome[]> {
  const arena = new Arena(program);
  try {
    return await attack.run(arena);
  } catch (error) {
    return [
      { what: 'the attack itself', held: false, seen: `could not be made: ${(error as Error).message}` },
    ];
  } finally {
    await arena.end();
  }
}

await main();
