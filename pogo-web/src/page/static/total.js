// All hosts of a job in one row of its timeline.
import { number } from "./dom.js";
import { FONT, hostChanges, stack } from "./paint.js";

// How many hosts are in which state, over time: all rows in one.
export function total(line, scene, top) {
  const { c, colours, left, right, x } = scene;
  c.fillStyle = colours.paper;
  c.fillRect(0, 18, line.width, top - 22);
  const bottom = top - 8,
    high = top - 30;
  const steps = sum(line);
  c.fillStyle = colours.lane;
  c.fillRect(left, bottom - high, right - left, high);
  c.save();
  c.beginPath();
  c.rect(left, bottom - high, right - left, high);
  c.clip();
  stack(scene, steps, line.bars.hosts, bottom, high, x, 1);
  c.restore();
  c.fillStyle = colours.dim;
  c.font = FONT;
  c.textAlign = "right";
  c.fillText("all hosts", left - 18, bottom - high / 2 + 4);
  c.fillText(number(line.bars.hosts), left - 4, bottom - high + 9);
}

function sum(line) {
  if (line.summed === line.bars) return line.sums;
  const { bars } = line;
  const width = (bars.to - bars.from) / bars.columns;
  const changes = [];
  for (const section of bars.sections)
    for (const row of section.rows) {
      if (row.pinned) continue;
      if (row.band !== undefined) {
        let last = [0, 0, 0, 0, 0, 0];
        for (const step of row.steps) {
          changes.push([bars.from + step[0] * width, step.map((count, at) => (at ? count - last[at] : 0))]);
          last = step;
        }
      } else hostChanges(row, bars, changes);
    }
  changes.sort((one, other) => one[0] - other[0]);
  const counts = [0, 0, 0, 0, 0, 0];
  const steps = [];
  for (const [at, by] of changes) {
    for (let i = 1; i < 6; i++) counts[i] += by[i];
    const step = [at, ...counts.slice(1)];
    if (steps.length && at - steps[steps.length - 1][0] < width) {
      step[0] = steps[steps.length - 1][0];
      steps[steps.length - 1] = step;
    } else steps.push(step);
  }
  line.summed = bars;
  line.sums = steps;
  return steps;
}
