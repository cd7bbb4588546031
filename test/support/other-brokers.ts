import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { freePort } from './free-port.js';
import { waitFor } from './wait-for.js';

const root = resolve(import.meta.dirname, '../..');
/** A broker in Java or Erlang takes its time on a small machine. */
const startLimitMs = 180_000;

/** A broker in a process of its own, open to everybody, with nothing left behind when it is stopped. */
export interface OtherBroker {
  url: string;
  stop: () => Promise<void>;
}

/** Debian's RabbitMQ with its MQTT plugin. */
export async function startRabbitMq(): Promise<OtherBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'rabbitmq-'));
  const [port, queuePort, nodePort] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${queuePort}\nmqtt.listeners.tcp.1 = 127.0.0.1:${port}\nmqtt.allow_anonymous = true\n`,
  );
  writeFileSync(join(folder, 'plugins'), '[rabbitmq_mqtt].\n');
  const broker = spawn('/usr/lib/rabbitmq/bin/rabbitmq-server', [], {
    env: {
      ...process.env,
      HOME: folder,
      RABBITMQ_NODENAME: `test-${process.pid}@localhost`,
      RABBITMQ_MNESIA_BASE: join(folder, 'db'),
      RABBITMQ_LOG_BASE: folder,
      RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
      RABBITMQ_DIST_PORT: String(nodePort),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return started(broker, { folder, port, ready: 'Server startup complete' });
}

const hiveMqJar = 'hivemq-community-edition-embedded-2025.5.jar';
const hiveMqSha256 = 'cc625155d166f729de00192ff4502de7a88e8db6c59fb263d2936044728d4861';

/** HiveMQ's community edition from Maven Central, which checks every file against its checksum there. */
export async function startHiveMq(): Promise<OtherBroker> {
  const libraries = join(root, 'build/hivemq');
  const program = join(root, 'test/support/hivemq');
  if (!existsSync(join(libraries, hiveMqJar))) {
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${libraries}`];
    execFileSync('mvn', ['-q', '-B', '-C', '-f', join(program, 'pom.xml'), ...copy], { stdio: 'inherit' });
  }
  const found = createHash('sha256')
    .update(readFileSync(join(libraries, hiveMqJar)))
    .digest('hex');
  if (found !== hiveMqSha256) throw new Error(`${hiveMqJar} is another than it was`);
  const folder = mkdtempSync(join(tmpdir(), 'hivemq-'));
  for (const name of ['conf', 'data', 'extensions']) mkdirSync(join(folder, name));
  const port = await freePort();
  writeFileSync(
    join(folder, 'conf/config.xml'),
    `<?xml version="1.0"?>
<hivemq>
  <listeners>
    <tcp-listener><port>${port}</port><bind-address>127.0.0.1</bind-address></tcp-listener>
  </listeners>
  <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
</hivemq>
`,
  );
  const broker = spawn('java', ['-Xmx256m', '-cp', `${libraries}/*`, join(program, 'Main.java'), folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return started(broker, { folder, port, ready: 'ready\n' });
}

async function started(
  broker: ChildProcess,
  { folder, port, ready }: { folder: string; port: number; ready: string },
): Promise<OtherBroker> {
  let said = '';
  const listen = (chunk: Buffer): void => {
    said += chunk.toString();
  };
  // A test that ends before its teardown must not leave a broker behind.
  const kill = (): void => {
    try {
      // Its group: RabbitMQ's is a script that starts others.
      process.kill(-(broker.pid as number), 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  process.once('exit', kill);
  broker.once('exit', () => process.off('exit', kill));
  broker.stdout?.on('data', listen);
  broker.stderr?.on('data', listen);
  const stop = async (): Promise<void> => {
    kill();
    await waitFor('its end', () => broker.exitCode !== null || broker.signalCode !== null);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await waitFor(
      `${broker.spawnfile} is ready`,
      () => {
        if (broker.exitCode !== null) throw new Error(`${broker.spawnfile} ended: ${said.slice(-2000)}`);
        return said.includes(ready);
      },
      startLimitMs,
    );
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `mqtt://127.0.0.1:${port}`, stop };
}
