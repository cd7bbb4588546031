import { Command } from 'commander';
import { addDiscoverCommand } from './cameras-discover.js';
import { camerasTestCommand } from './cameras-test.js';

/** `pose-agent cameras`: what helps with cameras. */
export function camerasCommand(): Command {
  const command = new Command('cameras').description('find and measure cameras');
  addDiscoverCommand(command);
  return command.addCommand(camerasTestCommand());
}
