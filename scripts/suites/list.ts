import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nativeProfiles } from '../coverage/where.js';
import { countCoverage, countGoogleTest, countTap } from './counts.js';
import { oneCheck, root, type Suite } from './suite.js';

/** Seconds each fuzz target runs in the test command; long runs are started by hand. */
const fuzzSeconds = 10;

const sanitizers = {
  ASAN_OPTIONS: 'detect_leaks=1:allocator_may_return_null=1',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/** Every suite of the test command, quick ones first. */
export function suites(): Suite[] {
  const bin = join(root, 'node_modules/.bin');
  return [
    {
      name: 'format and lint: TypeScript',
      command: join(bin, 'biome'),
      args: ['ci', '--colors=off', '.'],
      count: oneCheck,
    },
    { name: 'types', command: join(bin, 'tsc'), args: ['-p', 'tsconfig.json'], count: oneCheck },
    {
      name: 'regular expressions',
      command: process.execPath,
      args: ['--import', 'tsx', 'scripts/regexps/main.ts'],
      count: oneCheck,
    },
    { name: 'format: C++', command: 'scripts/clang-format', args: ['--check'], count: oneCheck },
    {
      name: 'generated documents',
      command: process.execPath,
      args: ['--import', 'tsx', 'scripts/generate-docs.ts', '--check'],
      count: oneCheck,
    },
    native('native core', 'build/test/native/test/pose_tests'),
    native('native core under sanitizers', 'build/asan/native/test/pose_tests', {
      ...sanitizers,
      LLVM_PROFILE_FILE: join(nativeProfiles, '%p.profraw'),
    }),
    {
      name: 'native core on aarch64',
      command: 'qemu-aarch64',
      args: ['-L', '/usr/aarch64-linux-gnu', 'build/aarch64/native/test/pose_tests', '--gtest_color=no'],
      count: countGoogleTest,
    },
    native('model files and the cache', 'build/asan/native/files/files_tests', sanitizers),
    native('engine conformance: OpenVINO', 'build/test/native/test/openvino_tests'),
    ...['8.5', '10.3', '11.0'].map((version) =>
      native(
        `TensorRT engine on the double of ${version}, under sanitizers`,
        `build/asan/native/tensorrt/tensorrt_tests_${version.replace(/\.(\d)$/, '0$1')}`,
        sanitizers,
      ),
    ),
    ...fuzzTargets().map(fuzz),
    {
      name: 'engine conformance: TensorRT on the double, under AddressSanitizer',
      command: join(bin, 'tap'),
      args: [
        '--reporter=tap',
        ...['families', 'session', 'replay-model'].map((test) => `test/engine/${test}.test.ts`),
      ],
      env: {
        EDGE_POSE_TEST_ENGINES: 'tensorrt',
        EDGE_POSE_NATIVE_DIR: join(root, 'build/double'),
        // An addon with a sanitizer in a program without: it must be there first. Node itself frees little at its end.
        LD_PRELOAD: execFileSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim(),
        ASAN_OPTIONS: 'detect_leaks=0',
      },
      count: countTap,
    },
    {
      name: 'TypeScript',
      command: join(bin, 'tap'),
      args: ['--reporter=tap'],
      count: countTap,
      measured: true,
    },
    {
      name: 'coverage of what guards state',
      command: process.execPath,
      args: ['--import', 'tsx', 'scripts/coverage/main.ts'],
      count: countCoverage,
      shown: true,
    },
  ];
}

function native(name: string, program: string, env: Record<string, string> = {}): Suite {
  return { name, command: program, args: ['--gtest_color=no'], env, count: countGoogleTest };
}

function fuzzTargets(): string[] {
  return readdirSync(join(root, 'native/fuzz'))
    .filter((file) => file.endsWith('_fuzz.cc'))
    .map((file) => file.slice(0, -'.cc'.length));
}

function fuzz(target: string): Suite {
  return {
    name: `fuzz ${target}`,
    command: join(root, 'build/fuzz/native/fuzz', target),
    args: [`-max_total_time=${fuzzSeconds}`, '-timeout=10', '-rss_limit_mb=2048', '-print_final_stats=1'],
    env: sanitizers,
    count: oneCheck,
  };
}
