import type { ConfigSources } from '../config/config-sources.js';
import type { ConfigReset, ConfigStore } from '../config/config-store.js';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import type { ResolvedModel } from '../models/resolve.js';
import { type CommandCounters, CommandReceiver } from '../mqtt/command-receiver.js';
import { commandTable } from '../mqtt/commands.js';
import type { MqttPublisher } from '../mqtt/mqtt-publisher.js';
import { contractVersion, type EventPayload, type InfoPayload } from '../mqtt/payloads.js';
import type { DeviceTopics } from '../mqtt/topics.js';
import type { Logger } from '../telemetry/logger.js';
import { redactUrls } from '../telemetry/redact-urls.js';
import { commandHandlers } from './commands.js';
import type { LocalControl } from './local-control.js';
import type { LogLevelOverride } from './log-level-override.js';
import { ModelUpdates } from './model-updates.js';
import { type AgentEvent, RemoteConfig } from './remote-config.js';
import type { Stage } from './stage.js';
import { TaskQueue } from './task-queue.js';

/** Where the configuration comes from, and where documents from afar are kept. */
export interface ConfigOrigin {
  sources: ConfigSources;
  /** Reads file, environment and flags anew. Throws AgentError CONFIG_UNREADABLE. */
  readSources: () => ConfigSources;
  store: ConfigStore;
  /** Where commands of this machine reach the agent; left out where they cannot. */
  local?: LocalControl | undefined;
}

export interface RemoteControlOptions extends ConfigOrigin {
  stage: Stage;
  topics: DeviceTopics;
  session: string;
  logger: Logger;
  publisher: MqttPublisher;
  /** `proving`: the only model that is taken while it is on probation. Throws AgentError where it is not to be had. */
  resolveModel: (config: Config, proving: string | null) => Promise<ResolvedModel>;
  /** Takes over what needs no new worker. */
  applyLive: (config: Config) => void;
  info: () => InfoPayload;
  logLevel: LogLevelOverride;
  /** Ends the agent, for its service manager to start it again; undefined where there is none. */
  end: (() => void) | undefined;
}

/** What may be done to the agent over MQTT: configuration, models, commands. */
export class RemoteControl {
  readonly #options: RemoteControlOptions;
  readonly #queue: TaskQueue;
  readonly #config: RemoteConfig;
  readonly #models: ModelUpdates;
  readonly #commands: CommandReceiver;

  constructor(options: RemoteControlOptions) {
    const { stage, topics, logger, logLevel, publisher, resolveModel, applyLive, info } = options;
    this.#options = options;
    this.#queue = new TaskQueue(logger);
    const event = (what: AgentEvent): void => this.announce(what);
    this.#models = new ModelUpdates({ stage, queue: this.#queue, logger, resolveModel, event });
    const config = new RemoteConfig({
      sources: options.sources,
      readSources: options.readSources,
      store: options.store,
      stage,
      queue: this.#queue,
      logger,
      resolveModel: (config) => this.#models.resolve(config),
      isModelName: (name) => this.#models.knows(name),
      applyLive,
      report: (report) => publisher.announceEach(topics.configReported, JSON.stringify(report)),
      event,
      onJudged: () => this.#models.proveHeld(),
    });
    this.#config = config;
    this.#commands = new CommandReceiver({
      publisher,
      topics,
      commands: commandTable(
        commandHandlers({
          stage,
          models: this.#models,
          logLevel,
          info,
          restart: () => this.#restart(),
          reload: () => config.reload(),
          examine: (document) => config.examine(document),
        }),
      ),
      redact: redactUrls,
      onError: (command, error) => logger.error({ command, err: error }, 'a command failed'),
    });
  }

  async start(): Promise<void> {
    const { publisher, topics, store } = this.#options;
    await this.#models.start({ configOnProbation: store.state.active?.phase === 'probation' });
    this.#config.start();
    publisher.subscribe(topics.configDesired, (_, payload) => this.#config.receive(payload), { qos: 1 });
    this.#commands.start();
    this.#options.local?.serve({ 'config-reset': () => this.#resetConfig() });
  }

  /** Takes nothing more; what is on probation is left to the next agent. */
  stop(): void {
    this.#commands.stop();
    this.#queue.stop();
    this.#config.stop();
    this.#models.stop();
  }

  counters(): CommandCounters {
    return this.#commands.counters();
  }

  async #resetConfig(): Promise<ConfigReset> {
    // Its verdict holds the queue, for up to an hour.
    if (this.#models.proving) throw new AgentError('DEPLOYMENT_BUSY', 'a model is on probation');
    return this.#config.reset();
  }

  /** With a service manager the whole process; without one what can be started again from inside. */
  #restart(): () => void {
    const { end, stage } = this.#options;
    if (end) return end;
    if (stage.onTrial) throw new AgentError('DEPLOYMENT_BUSY', 'a configuration or model is on probation');
    return () =>
      this.#queue.push(async () => {
        const { deployment, config } = stage;
        if (deployment) await stage.deploy({ config, model: deployment.model }, { anew: true });
      });
  }

  /** Publishes something that happened, at `ts` (ms since the Unix epoch). */
  announce(what: AgentEvent, ts = Date.now()): void {
    const { publisher, topics, session } = this.#options;
    const event: EventPayload = { v: contractVersion, ts, session, ...what };
    publisher.publishEvent(topics.event, JSON.stringify(event));
  }
}
