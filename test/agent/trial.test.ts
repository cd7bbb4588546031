import t from 'tap';
import type { SupervisorState } from '../../src/agent/supervisor.js';
import { Trial, type TrialOptions } from '../../src/agent/trial.js';
import { AgentError } from '../../src/errors.js';

/** As much of a data plane as a trial looks at: one camera, of which so many more frames came through at each look. */
function plane(supervisorState: SupervisorState, more = 1): TrialOptions['plane'] {
  let seen = 100;
  const publisher = {
    get frames() {
      seen += more;
      return seen;
    },
  };
  const cameras = [{ config: { id: 'front' }, publisher }];
  return { supervisorState, cameras } as unknown as TrialOptions['plane'];
}

const excused = new Set<string>();

t.test('the probation begins when the model is open', async (t) => {
  const seconds = 2;
  const ofRunning = performance.now();
  t.equal(await new Trial({ plane: plane('running'), seconds, excused }).failure, undefined);
  t.ok(performance.now() - ofRunning < 3500, 'at once where it is open already');

  const plan = { ...plane('opening') };
  const begun = performance.now();
  const trial = new Trial({ plane: plan, seconds, excused });
  setTimeout(() => {
    plan.supervisorState = 'running';
    trial.opened();
  }, 300);
  // A worker that is replaced does not begin it again.
  setTimeout(() => trial.opened(), 1900);
  t.equal(await trial.failure, undefined);
  const took = performance.now() - begun;
  t.ok(took > 2290 && took < 3800, `a plan was built meanwhile; the verdict came after ${took} ms`);
});

t.test('a model that does not open fails it in the end', async (t) => {
  const trial = new Trial({ plane: plane('opening'), seconds: 0.01, openLimitSeconds: 0.1, excused });
  t.match(await trial.failure, { code: 'TRIAL_FAILED', message: 'the model was not open after 0.1 s' });
});

t.test('a trial that may be ended while its model is not open', async (t) => {
  const failure = new AgentError('TRIAL_FAILED', 'nobody waits for it');
  const opening = new Trial({ plane: plane('opening'), seconds: 0.05, excused });
  t.ok(opening.endOpening(failure));
  t.equal(await opening.failure, failure);
  const open = new Trial({ plane: plane('running'), seconds: 0.05, excused });
  t.notOk(open.endOpening(failure));
  t.equal(await open.failure, undefined, 'one that is open goes on');
});

t.test('what ends a trial before its time', async (t) => {
  const lost = async (
    code: 'WORKER_HUNG' | 'ENGINE_OUT_OF_MEMORY' | 'ENGINE_CACHE_UNSAFE',
    isOpen: boolean,
  ) => {
    const trial = new Trial({
      plane: plane(isOpen ? 'running' : 'opening'),
      seconds: 0.1,
      openLimitSeconds: 0.1,
      excused,
    });
    trial.workerLost(new AgentError(code, 'lost'));
    return (await trial.failure)?.code;
  };
  t.equal(await lost('ENGINE_CACHE_UNSAFE', false), 'ENGINE_CACHE_UNSAFE', 'it stays unsafe');
  t.equal(
    await lost('ENGINE_OUT_OF_MEMORY', false),
    'TRIAL_FAILED',
    'memory may be there for the next worker',
  );
  t.equal(
    await lost('WORKER_HUNG', false),
    'WORKER_HUNG',
    'one that hangs as it opens its model does so again',
  );
  t.equal(await lost('WORKER_HUNG', true), undefined, 'one that hung over a camera may not');
});

t.test('a worker that is not there at the end, and cameras without frames, fail it', async (t) => {
  const opening = { ...plane('running') };
  const trial = new Trial({ plane: opening, seconds: 0.05, excused });
  opening.supervisorState = 'opening';
  t.match(await trial.failure, { message: 'the worker was not running after 0.05 s' });
  const silent = new Trial({ plane: plane('running', 0), seconds: 0.05, excused });
  t.match(await silent.failure, { message: 'no frame of front came through within 0.05 s' });
});
