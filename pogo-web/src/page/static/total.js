// All hosts of a job in one row of its timeline.
import { number } from "./dom.js";
import { FONT, STEP, stack } from "./paint.js";

// How many hosts are in which state, over time: all rows in one.
export function total(line, scene, top) {
  const { c, colours, left, right } = scene;
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
  stack(scene, steps, line.bars.hosts, bottom, high, 1);
  c.restore();
  c.fillStyle = colours.dim;
  c.font = FONT;
  c.textAlign = "right";
  c.fillText("all hosts", left - 18, bottom - high / 2 + 4);
  c.fillText(number(line.bars.hosts), left - 4, bottom - high + 9);
}

const PLACE = { succeeded: 3, failed: 1, in_doubt: 2 };
const OVER = { skipped: 5, cancelled: 5, waiting: 0, running: 0 };

// What changes in which column is counted, so that a job of any size takes no more than its columns.
function sum(line) {
  if (line.summed === line.bars) return line.sums;
  const { bars } = line;
  const { columns } = bars;
  const changes = new Int32Array((columns + 1) * STEP);
  const add = (column, place, by) => {
    changes[Math.max(0, Math.min(columns, column)) * STEP + place] += by;
  };
  for (const section of bars.sections)
    for (const row of section.rows) {
      if (row.pinned) continue;
      if (row.band !== undefined) {
        const { steps } = row;
        for (let i = 0; i < steps.length; i++)
          if (i % STEP) add(steps[i - (i % STEP)], i % STEP, steps[i] - (i < STEP ? 0 : steps[i - STEP]));
      } else hostChanges(row, bars, add);
    }
  const steps = new Uint32Array(changes.length);
  const counts = [0, 0, 0, 0, 0, 0];
  let end = 0;
  for (let column = 0; column <= columns; column++) {
    let is = false;
    for (let place = 1; place < STEP; place++) {
      const by = changes[column * STEP + place];
      counts[place] += by;
      if (by) is = true;
    }
    if (!is) continue;
    counts[0] = column;
    steps.set(counts, end);
    end += STEP;
  }
  line.summed = bars;
  line.sums = steps.subarray(0, end);
  return line.sums;
}

function hostChanges(row, bars, add) {
  const scale = bars.columns / (bars.to - bars.from);
  const column = (at) => Math.floor((bars.began + at - bars.from) * scale);
  row.bars.forEach((bar, i) => {
    add(column(bar.from), 4, 1);
    if (bar.to === undefined) return;
    add(column(bar.to), 4, -1);
    const place = PLACE[bar.end];
    const next = row.bars[i + 1];
    const over = OVER[row.state];
    const stays = next || over === undefined ? place : over;
    if (!stays) return;
    add(column(bar.to), stays, 1);
    if (next) add(column(next.from), stays, -1);
  });
}
