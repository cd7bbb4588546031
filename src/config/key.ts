import type { z } from 'zod';

/** What is known of a configuration key beside its type; it travels in the JSON Schema as `description` and `x-…`. */
export interface KeyFacts {
  about: string;
  /** What takes a changed value over: the running agent, the cameras that are read in another way then, a new worker, or a
   *  new agent process. */
  applies: 'live' | 'cameras' | 'worker' | 'agent';
  /**
   * Refused in a remote document: always, or where the value is a file path, a pipeline or an address with
   * credentials, or where it is the secret itself and not the name of one.
   */
  localOnly?: 'always' | 'paths-and-pipelines' | 'plain-secrets';
  /** The value is never shown. */
  secret?: boolean;
  /** Completes "expected …" where the type alone says too little. */
  expected?: string;
  examples?: readonly unknown[];
}

/** The schema of one key, with its facts. To be the outermost call: zod's other methods return a bare copy. */
export function key<S extends z.ZodType>(schema: S, facts: KeyFacts): S {
  return schema.meta({
    description: facts.about,
    'x-applies': facts.applies,
    ...(facts.localOnly === undefined ? {} : { 'x-local-only': facts.localOnly }),
    ...(facts.secret === undefined ? {} : { 'x-secret': facts.secret }),
    ...(facts.expected === undefined ? {} : { 'x-expected': facts.expected }),
    ...(facts.examples === undefined ? {} : { examples: [...facts.examples] }),
  }) as S;
}
