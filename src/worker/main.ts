import { Socket } from 'node:net';
import { hideMemory } from '../engine/hide-memory.js';
import { loadCore } from '../engine/load-addon.js';
import { AgentError } from '../errors.js';
import { MessageStream } from './message-stream.js';
import { type FromWorker, maxTextLength, type ToWorker, workerPipe } from './messages.js';
import { raiseOomScore } from './raise-oom-score.js';
import { Worker } from './worker.js';

/** The agent is trusted; its longest message is the start, with every camera. */
const maxMessageBytes = 2 ** 28;

/** Entry point of the worker process, forked by the agent. */
function main(): void {
  // Before anything that can hang: a driver may keep this process in the kernel when the agent is gone.
  loadCore().dieWithParent();
  raiseOomScore();
  // It knows the logins of all cameras, and each camera's process is of the same user.
  hideMemory();
  // Only the agent decides when this process ends; a Ctrl-C in a terminal reaches both.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  let over = false;
  const agent = new MessageStream(new Socket({ fd: workerPipe, readable: true, writable: true }), {
    maxBytes: maxMessageBytes,
    onMessage: (message) => received(message as ToWorker),
    onFault: (reason) => fail(new Error(`the agent sent ${reason}`)),
    // The agent is gone: nobody is left to work for.
    onEnd: () => over || process.exit(1),
  });
  const send = (message: FromWorker, onSent?: () => void): void => agent.send(message, onSent);
  const worker = new Worker(send);

  function received(message: ToWorker): void {
    if (message.type === 'stop') worker.stop();
    else if (message.type === 'measure') worker.measure(message.id, message.seconds).catch(fail);
    else if (message.type === 'snapshot') worker.snapshot(message);
    else if (message.type === 'cameras') worker.setCameras(message.cameras);
    else worker.run(message).then(end, fail);
  }

  function end(): void {
    over = true;
    send({ type: 'finished' });
    agent.end();
  }

  function fail(error: unknown): void {
    const { code, message } =
      error instanceof AgentError
        ? error
        : new AgentError('WORKER_FAILED', String((error as Error).stack ?? error));
    send({ type: 'failed', code, message: message.slice(0, maxTextLength) }, () => process.exit(1));
  }
}

main();
