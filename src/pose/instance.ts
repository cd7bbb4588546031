/** One body point; coordinates in the space that the producer states, score in [0, 1]. */
export interface Keypoint {
  x: number;
  y: number;
  score: number;
}

/** One person in one frame. */
export interface Instance {
  /** Stable from frame to frame where the model tracks, else null. */
  id: number | null;
  /** Mean score of the present keypoints, in [0, 1]. */
  score: number;
  /** In the order of the model's skeleton; null where the model saw none. */
  keypoints: (Keypoint | null)[];
}
