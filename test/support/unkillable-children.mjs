/** Preloaded: children that hang in the kernel, where a signal that kills waits for the kernel to let them go. */
import { ChildProcess } from 'node:child_process';

ChildProcess.prototype.kill = () => true;
