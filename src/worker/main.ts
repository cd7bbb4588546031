import { loadCore } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import type { FromWorker, ToWorker } from './messages.js';
import { raiseOomScore } from './raise-oom-score.js';
import { Worker } from './worker.js';

/** Entry point of the worker process, forked by the agent. */
function main(): void {
  // Before anything that can hang: a driver may keep this process in the kernel when the agent is gone.
  loadCore().dieWithParent();
  raiseOomScore();
  // Only the agent decides when this process ends; a Ctrl-C in a terminal reaches both.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  // The agent is gone: nobody is left to work for.
  const abandoned = (): never => process.exit(1);
  process.on('disconnect', abandoned);

  const send = (message: FromWorker): void => {
    if (process.connected) process.send?.(message);
  };
  const worker = new Worker(send);
  process.on('message', (message: ToWorker) => {
    if (message.type === 'stop') worker.stop();
    else if (message.type === 'measure') worker.measure(message.id, message.seconds).catch(fail);
    else if (message.type === 'snapshot') worker.snapshot(message);
    else worker.run(message).then(end, fail);
  });

  function end(): void {
    process.off('disconnect', abandoned);
    process.send?.({ type: 'finished' } satisfies FromWorker, () => {
      if (process.connected) process.disconnect();
    });
  }

  function fail(error: unknown): void {
    const { code, message } =
      error instanceof AgentError
        ? error
        : new AgentError('WORKER_FAILED', String((error as Error).stack ?? error));
    process.send?.({ type: 'failed', code, message } satisfies FromWorker, () => process.exit(1));
  }
}

main();
