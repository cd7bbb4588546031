import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { askAgent, LocalControl } from '../agent/local-control.js';
import { ConfigSources } from '../config/config-sources.js';
import { type ConfigReset, ConfigStore } from '../config/config-store.js';
import type { StoredState } from '../config/stored-state.js';
import { configFolder, readStoredState } from '../config/stored-state-files.js';
import { AgentError } from '../errors.js';
import { deviceTopics } from '../mqtt/topics.js';

const resetDone = z.object({ version: z.number().nullable(), kept: z.array(z.string()) });

/** `pose-agent config reset`: the way back for whoever stands at the box. */
export async function resetConfig(options: { config?: string; yes?: boolean }): Promise<void> {
  const { state_dir, device_id } = ConfigSources.read({ configFile: options.config }).effective().config;
  const { state, notices } = await readStoredState(configFolder(state_dir));
  const will = `${[...notices, describe(state)].join('\n')}
It is forgotten, and the local file alone is in effect; a document of any version is taken again.
What is stored now is put aside in ${configFolder(state_dir)}.\n`;
  process.stdout.write(will);
  if (options.yes !== true) await confirm();
  const { version, kept } = (await throughAgent(state_dir)) ?? (await byItself(state_dir));
  const { configDesired } = deviceTopics(device_id);
  const done = kept.length === 0 ? 'There was nothing to forget.' : `Done; put aside: ${kept.join(', ')}`;
  const highest = version === null ? '' : ` The highest version had been ${version}.`;
  process.stdout.write(`${done}${highest}
A document that the broker still holds comes again with the next connection. To clear it:
  mosquitto_pub -h BROKER -q 1 -r -n -t ${configDesired}\n`);
}

function describe({ active, accepted }: StoredState): string {
  if (accepted === null) return 'No remote configuration is stored.';
  const of = ({ version, id }: { version: number; id: string }) =>
    `version ${version} (${JSON.stringify(id)})`;
  const runs = active === null ? 'none is in effect' : `${of(active)} is in effect, ${active.phase}`;
  return `Remote configuration: ${runs}; the last that was accepted is ${of(accepted)}.`;
}

async function confirm(): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new AgentError('CONFIRMATION_NEEDED', 'Nothing was changed: there is no terminal to ask on');
  }
  const questions = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await questions.question('Go on? [y/N] ').finally(() => questions.close());
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new AgentError('CONFIRMATION_NEEDED', 'Nothing was changed: the answer was not yes');
  }
}

/** The agent that runs holds the state in its memory: it does it itself. Undefined where none runs. */
async function throughAgent(stateDir: string): Promise<ConfigReset | undefined> {
  const done = await askAgent(stateDir, 'config-reset');
  return done && resetDone.parse(done);
}

async function byItself(stateDir: string): Promise<ConfigReset> {
  const local = await LocalControl.take(stateDir).catch((cause: NodeJS.ErrnoException) => {
    const message = `The state folder cannot be written: ${stateDir} gives ${cause.code}`;
    throw new AgentError('CONFIG_STORE_UNWRITABLE', message, { cause });
  });
  if (local === undefined) {
    throw new AgentError('DEPLOYMENT_BUSY', `An agent has just been started with ${stateDir}`);
  }
  try {
    return await (await ConfigStore.open(stateDir)).reset();
  } finally {
    await local.close();
  }
}
