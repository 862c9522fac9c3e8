// Stretches of a job's time, behind its bars: waves, and when it was paused, blocked, waiting or halted.
import { fitted, FONT } from "./paint.js";

const TINTS = { paused: ["dim", 0.18], waiting: ["dim", 0.1], blocked: ["blocked", 0.18], halted: ["failed", 0.14] };

export function backdrop(scene, spans, top, height) {
  const { c, colours, left, right, x } = scene;
  let waves = 0;
  c.font = FONT;
  c.textAlign = "left";
  for (const span of spans) {
    // Every second wave, so that neighbours are told apart.
    const [colour, alpha] = TINTS[span.kind] || ["dim", waves++ % 2 ? 0.08 : 0];
    const from = Math.max(left, Math.round(x(span.from)));
    const width = Math.min(right, Math.round(x(span.to || scene.end))) - from;
    if (width <= 0) continue;
    c.globalAlpha = alpha;
    c.fillStyle = colours[colour];
    c.fillRect(from, top, width, height - top);
    c.globalAlpha = 1;
    if (width < 40) continue;
    c.fillStyle = colours.dim;
    c.fillText(fitted(c, span.text, width - 8), from + 4, top + 14);
  }
}

export const spansAt = (spans, at) =>
  spans
    .filter((span) => span.from <= at && at <= (span.to || Infinity))
    .map((span) => ` · ${span.text}`)
    .join("");
