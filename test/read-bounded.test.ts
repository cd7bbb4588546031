import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readBounded, readBoundedSync, readKernelFileSync, unreadableReason } from '../src/read-bounded.js';

/** Both ways, which have to agree: the text, or why there is none. */
async function read(path: string, maxBytes = 100): Promise<string> {
  const reason = (error: unknown) => `(${unreadableReason(error)})`;
  const asynchronous = await readBounded(path, maxBytes).then(String, reason);
  let synchronous: string;
  try {
    synchronous = String(readBoundedSync(path, maxBytes));
  } catch (error) {
    synchronous = reason(error);
  }
  if (asynchronous !== synchronous) throw new Error(`${asynchronous} and ${synchronous}`);
  return synchronous;
}

t.test('files are read, and nothing that stands in the place of one', async (t) => {
  const folder = t.testdir({ file: 'text', empty: '' });
  const at = (name: string) => join(folder, name);
  t.equal(await read(at('file')), 'text');
  t.equal(await read(at('empty')), '');
  t.equal(await read(at('file'), 4), 'text');
  t.equal(await read(at('file'), 3), '(has 4 bytes, expected at most 3)');
  t.equal(await read(at('none')), '(does not exist)');
  t.equal(await read(folder), '(is a folder, expected a file)');
  symlinkSync('none', at('dangling'));
  t.equal(await read(at('dangling')), '(does not exist)');
  symlinkSync('circle', at('circle'));
  t.equal(await read(at('circle')), '(is a link that leads in a circle)');
  execFileSync('mkfifo', [at('pipe')]);
  t.equal(await read(at('pipe')), '(is no regular file)', 'it is not waited for');
  t.equal(await read('/dev/zero'), '(is no regular file)');
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 4 * 2 ** 30);
  t.equal(await read(at('huge')), '(has 4294967296 bytes, expected at most 100)');
  mkdirSync(at('closed'));
  if (process.geteuid?.() !== 0) {
    chmodSync(at('file'), 0);
    t.equal(await read(at('file')), '(may not be read by this user)');
  }
});

t.test('files of the kernel have no size, and are read up to a limit all the same', async (t) => {
  const path = '/proc/self/net/tcp';
  t.equal(await read(path), '', 'as it is with other files');
  const bytes = readKernelFileSync(path, 2 ** 24).length;
  t.ok(bytes > 0, `${bytes} bytes`);
  const reason = (of: string, maxBytes: number): string => {
    try {
      return String(readKernelFileSync(of, maxBytes));
    } catch (error) {
      return unreadableReason(error);
    }
  };
  t.equal(reason(path, 10), 'has more than 10 bytes, which is too many');
  t.equal(reason('/dev/zero', 2 ** 20), 'has more than 1048576 bytes, which is too many');
  t.equal(reason('/proc/self/none', 10), 'does not exist');
});
