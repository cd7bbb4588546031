import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { AgentError } from '../../src/errors.js';
import {
  type InstallUpdateOptions,
  installUpdate,
  type UpdateSource,
} from '../../src/models/install-update.js';
import { ConnectionLog } from './connection-log.js';
import { startHttpFileServer } from './http-file-server.js';
import { digest } from './tiny-catalog.js';
import { UpdatePublisher } from './update-publisher.js';

const pace = { silenceMs: 500, retryMs: [5] };

/** A device that takes updates from a server, with precious files beside its state folder. */
export async function startUpdateTarget(t: Test) {
  const folder = t.testdir({ state: {}, outside: { 'hall.bin': 'precious', empty: {} } });
  const server = await startHttpFileServer();
  t.teardown(() => server.close());
  const publisher = new UpdatePublisher(server);
  const stateDir = join(folder, 'state');
  const connections = new ConnectionLog();
  connections.start();
  t.teardown(() => connections.stop());
  const install = (source: UpdateSource, how: Partial<InstallUpdateOptions> = {}) =>
    installUpdate(source, { stateDir, policy: publisher.policy, pace, ...how });
  const before = snapshot(folder, stateDir);
  /** What has changed around the state folder since. */
  const changesOutside = (): string[] => {
    const now = snapshot(folder, stateDir);
    return [...before.filter((line) => !now.includes(line)), ...now.filter((line) => !before.includes(line))];
  };
  return { folder, server, publisher, stateDir, connections, install, changesOutside };
}

/** The code of the refusal; `installed` where there was none. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'installed';
  } catch (error) {
    if (error instanceof AgentError) return error.code;
    throw error;
  }
}

/** Everything in a folder but one: names, kinds, sizes, times and contents. */
function snapshot(folder: string, except: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (path === except) return [];
    const { mode, size, mtimeMs } = lstatSync(path);
    const line = `${path} ${mode} ${size} ${mtimeMs}`;
    if (entry.isDirectory()) return [line, ...snapshot(path, except)];
    const content = entry.isSymbolicLink() ? readlinkSync(path) : digest(readFileSync(path));
    return [`${line} ${content}`];
  });
}
