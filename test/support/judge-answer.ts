import { errorRegistry } from '../../src/errors.js';
import { PlantedError } from './hostile-values.js';

const patienceMs = 60_000;

/**
 * Calls, and waits for the promise where one comes. An error must say what is wrong: a TypeError or RangeError, one of
 * the agent's codes, or what a getter threw. Throws for any other, and where no answer comes.
 */
export async function judgeAnswer(call: () => unknown): Promise<'right' | 'refused'> {
  let given: unknown;
  try {
    given = call();
  } catch (error) {
    return judgeError(error);
  }
  if (!(given instanceof Promise)) return 'right';
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<'silence'>((resolve) => {
    timer = setTimeout(() => resolve('silence'), patienceMs);
  });
  try {
    if ((await Promise.race([given, silence])) === 'silence') throw new NoAnswer();
    return 'right';
  } catch (error) {
    if (error instanceof NoAnswer) throw error;
    return judgeError(error);
  } finally {
    clearTimeout(timer);
  }
}

class NoAnswer extends Error {
  constructor() {
    super(`no answer in ${patienceMs} ms`);
  }
}

function judgeError(error: unknown): 'refused' {
  if (error instanceof PlantedError) return 'refused';
  if (!(error instanceof Error)) throw new Error(`expected an Error, found ${String(error)}`);
  const { code } = error as { code?: unknown };
  const isOurs = typeof code === 'string' && Object.hasOwn(errorRegistry, code);
  // A revoked proxy and their like throw V8's own TypeErrors.
  const isClear = error instanceof TypeError || error instanceof RangeError || isOurs;
  if (!isClear || error.message.length < 8 || error.message === 'Invalid argument') {
    throw new Error(`not a clear error: ${error.name} ${code ?? ''}: ${error.message}`, { cause: error });
  }
  return 'refused';
}
