import { Command, CommanderError } from 'commander';
import { AgentError } from '../errors.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import { agentVersion } from './agent-version.js';
import { exitCodeOf, exitCodes, exitCodesText } from './exit-codes.js';

/** What each command does, known without loading it: a command's own module is read only when it is asked for. */
const commands: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./run.js')).runCommand(),
  bench: async () => (await import('./bench.js')).benchCommand(),
  doctor: async () => (await import('./doctor.js')).doctorCommand(),
  cameras: async () => (await import('./cameras.js')).camerasCommand(),
  models: async () => (await import('./models.js')).modelsCommand(),
  config: async () => (await import('./config.js')).configCommand(),
  annotate: async () => (await import('./annotate.js')).annotateCommand(),
  validate: async () => (await import('./validate.js')).validateCommand(),
};

/** Parses the command line and runs its command; sets the process's exit code, prints errors to stderr. */
export async function runProgram(argv: string[]): Promise<void> {
  try {
    const program = new Command('pose-agent')
      .description('Human pose estimation for edge boxes: camera in, keypoints out over MQTT.')
      .version(agentVersion)
      .addHelpText('after', `\n${exitCodesText}`);
    const wanted = argv[2] ?? '';
    // Any other first word (--help, a typing error) needs all of them for its answer.
    const names = wanted in commands ? [wanted] : Object.keys(commands);
    for (const name of names) program.addCommand(await (commands[name] as () => Promise<Command>)());
    inherit(program);
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** commander passes this on only to commands that were made by the program itself. */
function inherit(command: Command): void {
  command.exitOverride();
  // Its messages repeat what it was given: an address with a password at a wrong place, for one.
  command.configureOutput({ outputError: (text, write) => write(redactUrls(text)) });
  for (const child of command.commands) inherit(child);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    // commander has printed it already.
    return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  if (error instanceof AgentError) {
    process.stderr.write(redactUrls(`error: ${error.message} (${error.code})\n  ${error.remedy}\n`));
    return exitCodeOf(error.code);
  }
  process.stderr.write(redactUrls(`error: ${(error as Error).stack ?? String(error)}\n`));
  return exitCodes.failure;
}
