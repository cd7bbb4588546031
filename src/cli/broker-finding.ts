import { connect } from 'node:net';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { writtenBrokerUrl } from '../mqtt/broker-files.js';
import { examine, type Finding, ok } from './finding.js';

const connectTimeoutMs = 3000;

/** Whether something listens where the broker is to be. */
export async function brokerFinding({ mqtt, state_dir }: Config): Promise<Finding> {
  const { url, embedded_port } = mqtt;
  if (url === undefined) return embeddedFinding(embedded_port, writtenBrokerUrl(state_dir));
  return examine('broker', async () => {
    const { hostname, port, protocol } = new URL(url);
    await reach(hostname, Number(port || (protocol === 'mqtts:' ? 8883 : 1883)));
    return `${hostname} answers`;
  });
}

/** `running`: where an agent wrote down that its broker listens. */
async function embeddedFinding(wanted: number, running: string | undefined): Promise<Finding> {
  const answers = async (port: number): Promise<boolean> =>
    reach('127.0.0.1', port).then(
      () => true,
      () => false,
    );
  const { remedy } = new AgentError('MQTT_PORT_IN_USE', '');
  const port = running === undefined ? undefined : Number(new URL(running).port);
  if (port !== undefined && (await answers(port))) {
    const found = `inside the agent that runs, ${running}`;
    if (wanted === 0 || port === wanted) return ok('broker', found);
    return { check: 'broker', verdict: 'note', found: `${found}, for port ${wanted} was taken`, remedy };
  }
  if (wanted !== 0 && (await answers(wanted))) {
    const found = `another program listens on 127.0.0.1:${wanted}, where the broker inside the agent would`;
    return { check: 'broker', verdict: 'note', found, remedy };
  }
  return ok('broker', `inside the agent, 127.0.0.1:${wanted}`);
}

function reach(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: connectTimeoutMs });
    const fail = (why: string): void => {
      socket.destroy();
      reject(new AgentError('MQTT_UNREACHABLE', `${host}:${port}: ${why}`));
    };
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('timeout', () => fail(`no answer for ${connectTimeoutMs / 1000} s`));
    socket.on('error', ({ message }) => fail(message));
  });
}
