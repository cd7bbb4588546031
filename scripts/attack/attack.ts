import type { Arena } from './arena.js';

/** One thing that an attack tried, and whether the agent held. */
export interface Outcome {
  /** As in `password sent to another host`. */
  what: string;
  held: boolean;
  /** What was seen, in a few words. */
  seen: string;
}

/** A way to harm a running agent from outside: over MQTT, HTTP, RTSP or its files. */
export interface Attack {
  title: string;
  /** Everything that it starts in the arena is ended by the arena. Throws where the attack itself cannot be made. */
  run(arena: Arena): Promise<Outcome[]>;
}
