// Preloaded into a worker: it ends without a word, and with the exit code of success.
if (process.argv[1]?.endsWith('worker/main.js')) process.on('SIGUSR2', () => process.exit(0));
