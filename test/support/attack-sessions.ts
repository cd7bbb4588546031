import fc from 'fast-check';
import { validSessionCalls } from './addon-calls.js';
import { judgeAnswer } from './judge-answer.js';

interface Session {
  infer(...args: unknown[]): Promise<Float32Array>;
  measure(seconds: number): Promise<unknown>;
  forget(camera: number): void;
  close(): Promise<void>;
  info: object;
}

interface SessionAttack {
  open(): Promise<object>;
  prototype: object;
  numRuns: number;
  seed: number;
  /** Told before each step. */
  trying(text: string): void;
  collectGarbage(): void;
}

const steps = [
  'open',
  'infer',
  'infer again and again',
  'infer within an answer',
  'measure',
  'forget',
  'close',
  'close within an answer',
  'info',
  'drop',
  'drop with frames in flight',
  'collect',
  'wait',
  'method of another session',
] as const;

/**
 * Sessions through any sequence of calls, also after and during their end, also where nobody holds them any more: what was
 * asked for is answered, with a result or a clear error.
 */
export async function attackSessions(attack: SessionAttack): Promise<void> {
  const sequence = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(sequence, async (chosen) => {
      attack.trying(`a session: ${chosen.join(', ')}`);
      await play(chosen, attack);
    }),
    { numRuns: attack.numRuns, seed: attack.seed, endOnFailure: true },
  );
}

async function play(chosen: readonly (typeof steps)[number][], attack: SessionAttack): Promise<void> {
  const sessions: Session[] = [(await attack.open()) as Session];
  const answers: Promise<unknown>[] = [];
  const ask = (call: () => unknown): void => {
    answers.push(judgeAnswer(call));
  };
  const { infer: frame = () => [] } = validSessionCalls();
  const newest = (): Session | undefined => sessions.at(-1);
  for (const step of chosen) {
    const session = newest();
    if (step === 'open' && sessions.length < 3) sessions.push((await attack.open()) as Session);
    else if (step === 'collect') attack.collectGarbage();
    else if (step === 'wait') await Promise.all(answers);
    else if (session === undefined) continue;
    else if (step === 'infer') ask(() => session.infer(...frame()));
    else if (step === 'infer again and again')
      for (let i = 0; i < 20; i++) ask(() => session.infer(...frame()));
    else if (step === 'infer within an answer')
      ask(async () => then(session.infer(...frame()), () => session.infer(...frame())));
    else if (step === 'measure') ask(() => session.measure(0.01));
    else if (step === 'forget') ask(() => session.forget(0));
    else if (step === 'close') ask(() => session.close());
    else if (step === 'close within an answer')
      ask(async () => then(session.infer(...frame()), () => session.close()));
    else if (step === 'info') ask(() => session.info);
    else if (step === 'drop') sessions.pop();
    else if (step === 'drop with frames in flight') {
      for (let i = 0; i < 4; i++) ask(() => session.infer(...frame()));
      sessions.pop();
      attack.collectGarbage();
    } else ask(() => Reflect.apply(Reflect.get(attack.prototype, 'infer'), sessions[0], frame()));
  }
  await Promise.all(answers);
  for (const session of sessions) {
    await judgeAnswer(() => session.close());
    // All refuse from now on, or say nothing.
    for (const late of [
      () => session.infer(...frame()),
      () => session.measure(1),
      () => session.forget(0),
      () => session.info,
      () => session.close(),
    ]) {
      await judgeAnswer(late);
    }
  }
}

async function then(answer: Promise<unknown>, next: () => unknown): Promise<unknown> {
  await answer;
  return next();
}
