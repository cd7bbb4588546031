import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { AgentError, type ErrorCode, errorRegistry } from '../errors.js';

/** What a command of the same machine asks the agent for. */
export type LocalRequest = 'config-reset';

export type LocalHandlers = Record<LocalRequest, () => Promise<object>>;

const name = 'agent.sock';
/** Of a request or an answer. */
const maxBytes = 4096;
const requestLimitMs = 5_000;
/** A reset may start another worker. */
const answerLimitMs = 60_000;

const answers = z.union([
  z.object({ done: z.record(z.string(), z.unknown()) }),
  z.object({ code: z.string(), message: z.string() }),
]);

/**
 * A socket in the state folder, for its owner alone. Whoever has it is the one process that changes what is stored
 * there beside the models; the kernel lets go of it when that process ends, however it ends. An agent also takes
 * requests on it.
 */
export class LocalControl {
  readonly #server: Server;
  readonly #folder: FileHandle;
  readonly #open = new Set<Socket>();
  #handlers: LocalHandlers | undefined;

  private constructor(server: Server, folder: FileHandle) {
    this.#server = server;
    this.#folder = folder;
    server.on('connection', (socket) => this.#receive(socket));
  }

  /**
   * Takes the socket of a state folder, which is made where there is none; undefined where another process has it.
   * Throws the file system's error where there can be none.
   */
  static async take(stateDir: string): Promise<LocalControl | undefined> {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
    const folder = await open(stateDir, 'r');
    try {
      // Of two attempts: a process that was killed leaves the name behind.
      for (let attempt = 1; attempt <= 2; attempt++) {
        const server = await listen(pathIn(folder));
        if (server !== undefined) return new LocalControl(server, folder);
        const other = await reach(pathIn(folder));
        if (other !== undefined) {
          other.destroy();
          break;
        }
        await rm(join(stateDir, name), { force: true });
      }
    } catch (error) {
      await folder.close();
      throw error;
    }
    await folder.close();
    return undefined;
  }

  /** From now on requests are answered; before that they are told to come later. */
  serve(handlers: LocalHandlers): void {
    this.#handlers = handlers;
  }

  /** Gives the socket back. */
  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((settle) => this.#server.close(settle));
    await this.#folder.close();
  }

  #receive(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => {}); // whoever asked is gone
    readLine(socket, requestLimitMs)
      .then((request) => this.#answer(request))
      .then((answer) => socket.end(`${JSON.stringify(answer)}\n`))
      .catch(() => socket.destroy());
  }

  async #answer(request: string): Promise<z.output<typeof answers>> {
    try {
      if (!this.#handlers) throw new AgentError('DEPLOYMENT_BUSY', 'the agent is starting');
      const handler = Object.hasOwn(this.#handlers, request) && this.#handlers[request as LocalRequest];
      if (!handler) throw new Error(`unknown request ${JSON.stringify(request)}`);
      return { done: { ...(await handler()) } };
    } catch (error) {
      const code = error instanceof AgentError ? error.code : '';
      return { code, message: (error as Error).message };
    }
  }
}

/**
 * Asks the agent that runs with this state folder; undefined where none does. Throws AgentError as the agent does, and
 * AGENT_UNREACHABLE.
 */
export async function askAgent(stateDir: string, request: LocalRequest): Promise<object | undefined> {
  const folder = await open(stateDir, 'r').catch(() => undefined);
  if (folder === undefined) return undefined;
  try {
    const socket = await reach(pathIn(folder));
    if (socket === undefined) return undefined;
    socket.write(`${request}\n`);
    const line = await readLine(socket, answerLimitMs).finally(() => socket.destroy());
    const answer = answers.parse(JSON.parse(line));
    if ('done' in answer) return answer.done;
    if (answer.code in errorRegistry) throw new AgentError(answer.code as ErrorCode, answer.message);
    throw new Error(answer.message);
  } catch (cause) {
    if (cause instanceof AgentError) throw cause;
    const reason = (cause as Error).message.replace(pathIn(folder), join(stateDir, name));
    throw new AgentError('AGENT_UNREACHABLE', `The agent of ${stateDir} does not answer: ${reason}`, {
      cause,
    });
  } finally {
    await folder.close();
  }
}

/** By the open folder: a socket's own path may have 107 bytes and no more. */
function pathIn(folder: FileHandle): string {
  return `/proc/self/fd/${folder.fd}/${name}`;
}

/** Undefined where the name is taken. */
function listen(path: string): Promise<Server | undefined> {
  const server = createServer();
  server.maxConnections = 8;
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    };
    server.once('error', fail);
    server.listen({ path }, () => {
      server.off('error', fail);
      server.on('error', () => {});
      server.unref();
      resolve(server);
    });
  });
}

/** Undefined where nobody listens. Throws the system's error where it cannot be told. */
function reach(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(error.code ?? '')) resolve(undefined);
      else reject(error);
    });
  });
}

function readLine(socket: Socket, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => reject(new Error(`no answer for ${limitMs / 1000} s`)), limitMs);
    const end = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      text += chunk;
      const line = text.indexOf('\n');
      if (line < 0 && text.length > maxBytes) return end(new Error('the line is too long'));
      if (line < 0) return;
      clearTimeout(timer);
      resolve(text.slice(0, line));
    });
    socket.on('error', end);
    socket.on('close', () => end(new Error('the connection was closed')));
  });
}
