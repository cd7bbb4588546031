import { connect } from 'node:net';
import type { Config } from '../config/schema.js';
import { AgentError } from '../errors.js';
import { examine, type Finding, ok } from './finding.js';

const connectTimeoutMs = 3000;

/** Whether something listens where the broker is to be. */
export async function brokerFinding({ url, embedded_port }: Config['mqtt']): Promise<Finding> {
  if (url === undefined) return ok('broker', `inside the agent, 127.0.0.1:${embedded_port}`);
  return examine('broker', async () => {
    const { hostname, port, protocol } = new URL(url);
    await reach(hostname, Number(port || (protocol === 'mqtts:' ? 8883 : 1883)));
    return `${hostname} answers`;
  });
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
