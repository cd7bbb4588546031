/** Hosts of the attack's own network namespace, all on its loopback interface; scripts/attack-agent makes them. */
export const addresses = {
  /** A camera that the agent's owner configured. */
  camera: '10.77.0.10',
  /** Somebody else in the same network. */
  attacker: '10.77.0.66',
  /** Where clouds answer with credentials. */
  metadata: '169.254.169.254',
  loopback: '127.0.0.1',
} as const;

/** Names that the arena's DNS server knows. */
export const names = {
  /** Is the agent's own machine. */
  loopback: 'innocent.test',
  /** Is the attacker when it is asked first, and the agent's own machine from then on. */
  rebinding: 'rebinding.test',
} as const;
