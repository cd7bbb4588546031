/** A row of the fault table: what may go wrong, and the tests that bring it about. */
interface Fault {
  title: string;
  /** Files under test/. */
  tests: readonly string[];
}

/** Every fault that the agent is held to survive, in the order of the table in docs/faults.md. */
export const faults = {
  broker_killed: {
    title: 'broker killed and restarted',
    tests: ['mqtt/broker-outages.test.ts', 'agent/broker-killed.test.ts'],
  },
  connack_refused: {
    title: 'connection refused by the broker',
    tests: ['mqtt/mqtt-publisher-faults.test.ts'],
  },
  slow_broker: {
    title: 'slow broker',
    tests: ['mqtt/mqtt-publisher-faults.test.ts', 'agent/broker-slow.test.ts'],
  },
  offline_queue: { title: 'long time offline', tests: ['mqtt/mqtt-publisher-faults.test.ts'] },
  partition: { title: 'network partition', tests: ['mqtt/partition.test.ts'] },
  late_will: {
    title: 'late will, taken-over client id',
    tests: ['mqtt/mqtt-publisher.test.ts', 'mqtt/mqtt-publisher-faults.test.ts', 'mqtt/partition.test.ts'],
  },
  camera_lost: { title: 'camera hangs or is unplugged', tests: ['agent/camera-lost.test.ts'] },
  camera_isolation: { title: 'bad cameras beside good ones', tests: ['agent/camera-isolation.test.ts'] },
  camera_changes: { title: 'cameras added, changed, removed', tests: ['agent/live-cameras.test.ts'] },
  garbage_frames: { title: 'garbage frames', tests: ['agent/garbage-frames.test.ts'] },
  bad_model: { title: 'bad model', tests: ['models/install-update.test.ts', 'agent/model-updates.test.ts'] },
  bad_config: {
    title: 'bad remote configuration',
    tests: ['config/judge-random.test.ts', 'agent/remote-config.test.ts', 'agent/two-probations.test.ts'],
  },
  power_loss: {
    title: 'power lost while writing',
    tests: [
      'config/config-store-kill.test.ts',
      'config/config-store-faults.test.ts',
      'models/power-loss.test.ts',
    ],
  },
  damaged_files: {
    title: 'damaged files',
    tests: ['agent/damaged-files.test.ts', 'engine/compiled-cache.test.ts', 'engine/model-files.test.ts'],
  },
  slow_inference: { title: 'slow inference, worker out of memory', tests: ['agent/slow-inference.test.ts'] },
  clock_jump: { title: 'clock jumps by a day', tests: ['agent/clock-jump.test.ts'] },
  sigterm: { title: 'SIGTERM', tests: ['agent/sigterm.test.ts'] },
  crash_loop: { title: 'crash loop', tests: ['agent/crash-loop.test.ts'] },
  watchdog: { title: 'stalled agent or worker', tests: ['agent/watchdog.test.ts'] },
  disk_full: { title: 'disk full', tests: ['agent/disk-full.test.ts', 'agent/first-start.test.ts'] },
  tls: {
    title: 'TLS and access lists',
    tests: ['mqtt/broker-stream.test.ts', 'mqtt/mqtt-publisher-faults.test.ts', 'agent/access-list.test.ts'],
  },
  flood: {
    title: 'oversize packets, floods',
    tests: [
      'mqtt/command-flood.test.ts',
      'agent/command-flood.test.ts',
      'mqtt/command-request.test.ts',
      'mqtt/malformed-input.test.ts',
      'mqtt/oversized-messages.test.ts',
    ],
  },
  hostile_messages: {
    title: 'hostile messages and texts',
    tests: [
      'agent/hostile-messages.test.ts',
      'agent/adversarial-text.test.ts',
      'agent/adversarial-sources.test.ts',
      'camera/multipart-hostile.test.ts',
    ],
  },
  embedded_broker: {
    title: 'hostile clients of the broker inside the agent',
    tests: ['mqtt/hostile-clients.test.ts', 'mqtt/embedded-broker.test.ts'],
  },
  other_brokers: {
    title: 'RabbitMQ, HiveMQ, brokers of MQTT 3.1.1 alone',
    tests: ['mqtt/other-brokers.test.ts', 'mqtt/contract.test.ts'],
  },
  hostile_sources: {
    title: 'path traversal, forged requests',
    tests: ['models/hostile-sources.test.ts', 'models/hostile-paths.test.ts'],
  },
  addon_boundary: {
    title: 'native addons called with anything',
    tests: ['engine/addon-boundary.test.ts'],
  },
  foreign_host: { title: 'a secret for a foreign host', tests: ['config/secrets-to-hosts.test.ts'] },
  unproven_camera: { title: 'a camera that does not prove itself', tests: ['camera/camera-tls.test.ts'] },
  remote_source: { title: 'remote sources on this machine', tests: ['camera/remote-source.test.ts'] },
  secrets: { title: 'secrets', tests: ['agent/secrets.test.ts', 'cli/secrets.test.ts'] },
  teardown: {
    title: 'exit during inference',
    tests: [
      'engine/exit-during-inference.test.ts',
      'camera/exit-with-pictures.test.ts',
      'agent/model-updates.test.ts',
    ],
  },
} satisfies Record<string, Fault>;

export type FaultId = keyof typeof faults;
