import t from 'tap';
import { awayCameras } from '../../src/agent/away-cameras.js';
import type { AgentCamera } from '../../src/agent/cameras.js';
import type { SupervisorState } from '../../src/agent/supervisor.js';

function away(supervisorState: SupervisorState): string[] {
  const cameras = [
    { config: { id: 'front' }, status: 'online' },
    { config: { id: 'back' }, status: 'offline' },
  ] as unknown as AgentCamera[];
  return awayCameras({ cameras, supervisorState }).map(({ id }) => id);
}

t.test('a camera without frames is away', async (t) => {
  t.same(away('running'), ['back']);
  t.same(away('waiting'), ['back'], 'also where its worker was lost');
});

t.test('before the model is open nobody knows who is away', async (t) => {
  t.same(away('opening'), []);
});
