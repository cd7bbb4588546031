import { material } from './look.js';
import { cone, type Shape } from './shape.js';
import { add, normalize, scale, vec } from './vector.js';

/** A potted plant beside the window. */
export function plantShapes(): Shape[] {
  const pot = material('#d8cfc0');
  const leaf = [material('#3f6b42', 0.05), material('#56834c', 0.05), material('#2f5539', 0.05)];
  const foot = vec(-1.25, 0, 7.75);
  const shapes = [
    cone({
      from: add(foot, vec(0, 0.12, 0)),
      to: add(foot, vec(0, 0.36, 0)),
      radii: [0.12, 0.16],
      material: pot,
    }),
  ];
  for (let index = 0; index < 15; index++) {
    const turn = index * 2.4;
    const lean = 0.25 + 0.055 * index;
    const out = normalize(vec(Math.cos(turn) * lean, 1, Math.sin(turn) * lean * 0.7));
    const reach = 0.95 - 0.028 * index;
    const stem = add(foot, vec(0, 0.42, 0));
    const tip = add(stem, scale(out, reach));
    const drooped = add(tip, vec(Math.cos(turn) * 0.12 * lean, -0.1 * lean, 0));
    const green = leaf[index % leaf.length];
    if (green === undefined) continue;
    const flat = { along: vec(-Math.sin(turn), 0.3, Math.cos(turn)), by: 0.4 };
    const middle = add(stem, scale(out, reach * 0.6));
    shapes.push(
      cone({ from: stem, to: middle, radii: [0.012, 0.045], material: green, flat }),
      cone({ from: middle, to: drooped, radii: [0.045, 0.01], material: green, flat }),
    );
  }
  return shapes;
}
