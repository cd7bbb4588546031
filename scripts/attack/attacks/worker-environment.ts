import { readFileSync } from 'node:fs';
import type { Attack } from '../attack.js';

const canary = 'canary-c4d011';

export const workerEnvironment: Attack = {
  title: 'what a process that decodes pictures knows',
  async run(arena) {
    const broker = await arena.broker();
    const victim = await arena.victim({
      broker,
      config: { mqtt: { url: broker.url, username: 'box' } },
      environment: { EDGE_POSE_MQTT__PASSWORD: canary, AWS_SECRET_ACCESS_KEY: canary },
    });
    await victim.poses();
    const variables = readFileSync(`/proc/${victim.workerPid}/environ`, 'utf8').split('\0');
    const leaked = variables.filter((text) => text.includes(canary)).map((text) => text.split('=')[0]);
    const seen = leaked.length === 0 ? `none in ${variables.length} variables` : leaked.join(', ');
    return [{ what: "secrets in the worker's environment", held: leaked.length === 0, seen }];
  },
};
