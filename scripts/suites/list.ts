import { join } from 'node:path';
import { nativeProfiles } from '../coverage/where.js';
import { type FuzzTarget, fuzzTargets } from '../fuzzing/targets.js';
import { countCoverage, countGoogleTest, countTap } from './counts.js';
import {
  preloaded,
  sanitizerOptions,
  testEnvironment,
  threadSanitizerBesideOthers,
  threadSanitizerInNode,
  threadSanitizerOptions,
} from './sanitizers.js';
import { oneCheck, root, type Suite } from './suite.js';

/** Seconds each fuzz target runs in the test command, after all of its corpus; `scripts/fuzz` is for long runs. */
const fuzzSeconds = 4;

/** The build with sanitizers counts what runs of the core; whose counts nobody reads throws them away. */
const uncounted = { ...sanitizerOptions, LLVM_PROFILE_FILE: '/dev/null' };

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
      ...sanitizerOptions,
      LLVM_PROFILE_FILE: join(nativeProfiles, '%p.profraw'),
    }),
    {
      name: 'native core on aarch64',
      command: 'qemu-aarch64',
      args: ['-L', '/usr/aarch64-linux-gnu', 'build/aarch64/native/test/pose_tests', '--gtest_color=no'],
      count: countGoogleTest,
    },
    native('camera capture', 'build/asan/native/capture/capture_tests', uncounted),
    native('model files and the cache', 'build/asan/native/files/files_tests', uncounted),
    native('engine conformance: OpenVINO', 'build/test/native/test/openvino_tests'),
    ...['8.5', '10.3', '11.0'].map((version) =>
      native(
        `TensorRT engine on the double of ${version}, under sanitizers`,
        `build/asan/native/tensorrt/tensorrt_tests_${version.replace(/\.(\d)$/, '0$1')}`,
        uncounted,
      ),
    ),
    ...underThreadSanitizer(bin),
    ...fuzzTargets().map(fuzz),
    {
      name: 'engine conformance: TensorRT on the double, under AddressSanitizer',
      command: join(bin, 'tap'),
      args: [
        '--reporter=tap',
        ...['families', 'session', 'replay-model', 'addon-boundary'].map(
          (test) => `test/engine/${test}.test.ts`,
        ),
      ],
      env: {
        EDGE_POSE_TEST_ENGINES: 'tensorrt',
        EDGE_POSE_NATIVE_DIR: join(root, 'build/double'),
        ...preloaded('libasan'),
        // Node itself frees little at its end.
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

/** Of the core's tests, those that have more threads than one: all others would take minutes to say nothing. */
const threaded = '*Estimator*:*Processors*:-*Golden*:*GivesNoBroken*';

/** Our own code, with races of libraries that are not built for it left out: native/sanitizers names those. */
function underThreadSanitizer(bin: string): Suite[] {
  const native = [
    { name: 'native core', program: 'test/pose_tests', filter: threaded },
    {
      name: 'engine conformance: OpenVINO',
      program: 'test/openvino_tests',
      filter: '*',
      env: threadSanitizerBesideOthers,
    },
    { name: 'TensorRT engine on the double of 10.3', program: 'tensorrt/tensorrt_tests_1003', filter: '*' },
    { name: 'camera capture', program: 'capture/capture_tests', filter: 'PictureRing*' },
  ];
  const suites = native.map(({ name, program, filter, env = threadSanitizerOptions }) => ({
    name: `${name}, under ThreadSanitizer`,
    command: join(root, 'build/tsan/native', program),
    args: ['--gtest_color=no', `--gtest_filter=${filter}`],
    env,
    count: countGoogleTest,
  }));
  const addon: Suite = {
    name: 'addon boundary, under ThreadSanitizer',
    command: join(bin, 'tap'),
    args: [
      '--reporter=tap',
      '--timeout=600',
      ...testEnvironment(threadSanitizerInNode()),
      'test/engine/addon-boundary.test.ts',
    ],
    // What takes seconds without takes a minute here.
    env: { EDGE_POSE_ATTACKS: '20', TAP_TIMEOUT: '600' },
    count: countTap,
  };
  return [...suites, addon];
}

function fuzz({ name, program, seeds }: FuzzTarget): Suite {
  return {
    name: `fuzz ${name}`,
    command: program,
    args: [
      `-seed_inputs=@${seeds}.list`,
      `-max_total_time=${fuzzSeconds}`,
      '-timeout=10',
      '-rss_limit_mb=2048',
      '-print_final_stats=1',
    ],
    env: sanitizerOptions,
    count: oneCheck,
  };
}
