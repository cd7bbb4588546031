/** Joints across which shapes are lit as one surface; the bits of Shape.blend. */
export const BLEND = {
  torso: 1,
  leftSleeve: 2,
  rightSleeve: 4,
  leftArm: 8,
  rightArm: 16,
  leftLeg: 32,
  rightLeg: 64,
  face: 128,
  hair: 256,
} as const;
