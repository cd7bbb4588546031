/** Preloaded: the event loop stops for good at SIGUSR2. */
process.on('SIGUSR2', () => {
  for (;;);
});
