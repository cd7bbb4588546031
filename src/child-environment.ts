/**
 * What a process of ours that runs foreign code needs of the environment: where programs and libraries are, how to write
 * dates and texts, and what the libraries themselves read.
 */
const names = new Set([
  'DISPLAY',
  'EDGE_POSE_NATIVE_DIR',
  'GLIBC_TUNABLES',
  'HOME',
  'LANG',
  'LANGUAGE',
  'LOGNAME',
  'NODE_DEBUG',
  'NODE_EXTRA_CA_CERTS',
  'NODE_NO_WARNINGS',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_V8_COVERAGE',
  'PATH',
  'POSE_SDK_DOUBLE', // how the test double of TensorRT's SDK behaves
  'SHELL',
  'SSL_CERT_DIR',
  'SSL_CERT_FILE',
  'TMPDIR',
  'TZ',
  'TZDIR',
  'USER',
]);

/** Of names that whole libraries share. */
const prefixes = [
  'ASAN_',
  'CUDA_',
  'DBUS_',
  'EGL_',
  'FAKETIME', // of the library that moves the clock, in tests
  'GST_',
  'KMP_',
  'LC_',
  'LD_',
  'LIBVA_',
  'LSAN_',
  'MALLOC_',
  'NVIDIA_',
  'OMP_',
  'OPENCV_',
  'OPENVINO_',
  'OV_',
  'TBB_',
  'TSAN_',
  'UBSAN_',
  'UV_',
  'XDG_',
  'ZE_',
];

/** Also among those: nobody needs one, NVIDIA_API_KEY for instance. */
const secretName = /(^|_)(PASS(WORD|WD|PHRASE)?|SECRET|TOKEN|CREDENTIALS?|AUTH|KEY)(_|$)/i;

/**
 * The part of this process's environment that a worker, a probe or a converter is given: never the agent's own variables,
 * which may hold passwords, and nothing that is not known here. `also` is what one of them needs beside that.
 */
export function childEnvironment(also?: RegExp): NodeJS.ProcessEnv {
  const isNeeded = (name: string): boolean => {
    if (also?.test(name)) return true;
    const isKnown = names.has(name) || prefixes.some((prefix) => name.startsWith(prefix));
    return isKnown && !secretName.test(name);
  };
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => isNeeded(name)));
}
