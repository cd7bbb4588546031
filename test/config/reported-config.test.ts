import { Ajv2020 } from 'ajv/dist/2020.js';
import t from 'tap';
import { z } from 'zod';
import {
  appliedReport,
  applyingReport,
  rejectedReport,
  reportedConfigPayload,
  rolledBackReport,
} from '../../src/config/reported-config.js';

const sha256 = 'a'.repeat(64);
const document = { version: 7, id: 'doc', sha256 };
const lastGood = { version: 6, id: 'before', sha256, config: { secret: 'c4n4ry' } };
const unnamed = { version: null, id: null, sha256: null };

t.test('every report is of the schema, which is a JSON Schema too', async (t) => {
  const validate = new Ajv2020({ strict: false }).compile(
    z.toJSONSchema(reportedConfigPayload, { io: 'input' }),
  );
  const problem = { path: 'a', expected: 'b', found: 'c' };
  const reports = [
    applyingReport({ document, lastGood: null }),
    appliedReport({ document, lastGood: document }),
    rolledBackReport({ document, lastGood }, 'x'.repeat(5000)),
    rejectedReport({ document: unnamed, lastGood }, { code: 400, message: '', problems: [] }),
    rejectedReport({ document, lastGood }, { code: 422, message: 'm', problems: Array(5000).fill(problem) }),
  ];
  for (const report of reports) {
    reportedConfigPayload.parse(report);
    t.ok(validate(JSON.parse(JSON.stringify(report))), JSON.stringify(validate.errors));
    t.ok(JSON.stringify(report).length < 5000);
    t.notMatch(JSON.stringify(report), 'c4n4ry');
    t.ok(Math.abs(report.ts - Date.now()) < 10_000);
  }
  t.same(
    reports.map(({ status, code }) => `${status} ${code}`),
    ['applying 202', 'applied 200', 'rolled_back 500', 'rejected 400', 'rejected 422'],
  );
  t.match(reports[4], { message: 'm (4968 more problems are not listed)', errors: { length: 32 } });
});

t.test('what something stronger than the document set is told with its origin', async (t) => {
  const problems = [
    { path: 'a', expected: 'b', found: 'c', from: 'config/desired' },
    { path: 'a', expected: 'b', found: 'c', from: 'EDGE_POSE_A' },
  ];
  const { errors } = rejectedReport({ document, lastGood: null }, { code: 422, message: '', problems });
  t.same(errors, [
    { path: 'a', expected: 'b', found: 'c' },
    { path: 'a', expected: 'b', found: 'c (EDGE_POSE_A)' },
  ]);
});
