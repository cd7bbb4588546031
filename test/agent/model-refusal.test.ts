import t from 'tap';
import { modelRefusal } from '../../src/agent/model-refusal.js';
import { AgentError, type ErrorCode } from '../../src/errors.js';

t.test('a refusal names the key that is wrong', async (t) => {
  const problem = (code: ErrorCode) => {
    const { code: answer, problems } = modelRefusal(new AgentError(code, 'mqtt://box:secret@host'));
    t.equal(answer, 422);
    t.notMatch(problems[0]?.found, /secret/);
    return `${problems[0]?.path}: ${problems[0]?.expected}`;
  };
  t.match(problem('SKELETON_MISMATCH'), /^output\.skeleton: native, or/);
  t.match(problem('ENGINE_OPTION_INVALID'), /^model\.device: a device of the engine/);
  t.match(
    problem('MODEL_FORMAT_UNSUPPORTED'),
    /^model\.id: a model whose files the engine of this machine reads/,
  );
  t.match(problem('MODEL_NOT_INSTALLED'), /^model\.id: a model that is installed/);
});
