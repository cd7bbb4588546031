/** A picture that the figures are without, and why. */
export interface SkippedPicture {
  /** As it was named; null where that cannot be read. */
  picture: string | null;
  reason: string;
}
