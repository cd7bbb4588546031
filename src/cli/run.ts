import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { Agent } from '../agent/agent.js';
import { LocalControl } from '../agent/local-control.js';
import { startConfig } from '../agent/start-config.js';
import { startModel } from '../agent/start-model.js';
import { ConfigSources } from '../config/config-sources.js';
import { ConfigStore } from '../config/config-store.js';
import type { Config } from '../config/schema.js';
import { hideMemory } from '../engine/hide-memory.js';
import { loadCore } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import { brokerFolder } from '../mqtt/broker-files.js';
import { deviceTopics } from '../mqtt/topics.js';
import { ServiceNotifier } from '../systemd/service-notifier.js';
import { createLogger, type Logger } from '../telemetry/logger.js';
import { agentVersion } from './agent-version.js';
import { onStopSignal } from './early-signals.js';
import { exitCodes } from './exit-codes.js';
import { LiveFigures } from './live-figures.js';
import { addConfigOptions, positive, positiveInteger, type RunOptions } from './run-options.js';

/** A stop by signal is over by then, come what may. */
const stopLimitMs = 4_500;

/** Prints how to subscribe, and to the broker inside the agent how to send commands, once. */
function tellHowToSubscribe(agent: Agent, config: Config): void {
  const { hostname, port } = new URL(agent.brokerUrl);
  const { base } = deviceTopics(config.device_id);
  const topic = `${base}/cam/+/pose`;
  const at = `-h ${hostname} -p ${port || '1883'}`;
  process.stdout.write(`Subscribe to the poses:\n  npx mqtt sub ${at} -t '${topic}'\n`);
  process.stdout.write(`  mosquitto_sub ${at} -t '${topic}'\n`);
  const folder = brokerFolder(config.state_dir);
  if (config.mqtt.url !== undefined || !existsSync(join(folder, 'mosquitto_pub'))) return;
  const command = `mosquitto_pub -q 1 -t '${base}/cmd/log-level' -m '{"level": "debug"}'`;
  process.stdout.write(
    `Send commands, as the user of the agent:\n  XDG_CONFIG_HOME='${folder}' ${command}\n`,
  );
}

/** For people on a terminal: live figures, with log lines above them. */
function terminalView(level: Logger['level']): { figures: LiveFigures; logger: Logger } {
  const figures = new LiveFigures(process.stdout);
  const destination = {
    isTTY: true,
    write: (text: string): void => {
      figures.clear();
      process.stderr.write(text);
    },
  };
  return { figures, logger: createLogger({ level: level as never, destination }) };
}

function serviceNotifier(logger: Logger): ServiceNotifier {
  return ServiceNotifier.fromEnvironment(process.env, {
    send: (address, text) => loadCore().notifyServiceManager(address, text),
    onFailure: ({ code, message }) => logger.warn({ code }, message),
  });
}

/** A folder that does not take a socket must not keep the agent from its work. */
async function takeStateFolder(
  stateDir: string,
): Promise<{ local: LocalControl | undefined; notice: string[] }> {
  try {
    const local = await LocalControl.take(stateDir);
    const notice = `another agent or command uses the state folder ${stateDir}: what either stores may be lost`;
    return { local, notice: local ? [] : [notice] };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = 'nothing is stored: no document from afar, no model update, no compiled model';
    const then =
      'let the agent’s user write there, or name another folder in state_dir (EDGE_POSE_STATE_DIR)';
    return { local: undefined, notice: [`${stateDir} cannot be written (${code}): ${what}; ${then}`] };
  }
}

async function run(options: RunOptions): Promise<void> {
  hideMemory();
  const unattended = process.env.NOTIFY_SOCKET !== undefined;
  const readSources = (): ConfigSources => ConfigSources.read({ configFile: options.config, flags: options });
  const sources = readSources();
  const stateDir = sources.effective().config.state_dir;
  const { local, notice } = await takeStateFolder(stateDir);
  const store = await ConfigStore.open(stateDir);
  const { config, notices } = await startConfig(sources, store);
  const {
    model,
    notices: ofModel,
    events,
  } = await startModel(config, {
    configOnProbation: store.state.active?.phase === 'probation',
  });
  // As a service the agent starts without one, too: it is to be reached, and to be sent one.
  if (model instanceof AgentError && !unattended) throw model;
  const terminal = process.stdout.isTTY ? terminalView(config.log.level) : undefined;
  const logger = terminal?.logger ?? createLogger({ level: config.log.level });
  for (const line of [...notice, ...notices, ...ofModel]) logger.warn(line);
  const service = serviceNotifier(logger);
  if (!(model instanceof AgentError)) {
    logger.info({ model: model.id, reason: model.reason, version: agentVersion }, 'starting');
  }

  let first = true;
  const agent = new Agent({
    config,
    model,
    logger,
    version: agentVersion,
    frames: options.frames,
    unattended,
    origin: { sources, readSources, store, local },
    events,
    observer: {
      onOpening: (opening) => terminal?.figures.opening(opening),
      onPose: (pose) => {
        if (first && pose.instances.length > 0) {
          first = false;
          terminal?.figures.clear();
          process.stdout.write(`First pose:\n${pose.payload}\n`);
        }
        terminal?.figures.add(pose);
      },
    },
  });
  onStopSignal((signal) => {
    logger.info({ signal }, 'stopping');
    service.stopping();
    // Whatever still hangs by then must not keep the process: the worker dies with it.
    setTimeout(() => {
      logger.warn(`stopping took longer than ${stopLimitMs / 1000} s: ended without the rest`);
      process.exit(exitCodes.ok);
    }, stopLimitMs).unref();
    void agent.stop();
  });
  await agent.start();
  service.ready();
  service.startWatchdog(() => agent.healthy);
  if (agent.brokerUrl !== '') tellHowToSubscribe(agent, config); // none where it was stopped before it began
  terminal?.figures.start();
  const timer = options.duration && setTimeout(() => void agent.stop(), options.duration * 1000);
  try {
    await agent.finished;
  } finally {
    if (timer) clearTimeout(timer);
    await agent.stop();
    await local?.close();
    terminal?.figures.stop();
    // What was begun and cannot be ended must not keep a process that does nothing any more.
    setTimeout(() => process.exit(), stopLimitMs).unref();
  }
}

/** `pose-agent run`: the agent itself. */
export function runCommand(): Command {
  return addConfigOptions(new Command('run').description('read cameras, publish poses, until stopped'))
    .option('--frames <n>', 'end after this many frames of each camera', positiveInteger)
    .option('--duration <seconds>', 'end after this time', positive)
    .addHelpText(
      'after',
      `
Examples:
  pose-agent run                                          the bundled clip, broker on loopback
  pose-agent run --source /dev/video0 --mqtt mqtt://192.0.2.10
  pose-agent run --source clip.mp4 --pace max --frames 500`,
    )
    .action(run);
}
