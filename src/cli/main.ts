#!/usr/bin/env node
import './early-signals.js';

const { runProgram } = await import('./program.js');
await runProgram(process.argv);
