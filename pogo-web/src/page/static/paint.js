// How a timeline is drawn: colours, patterns and signs are those of the pictures.

// The order in which states are stacked in a band, from below, and where a step has them.
export const STACK = [
  ["failed", 1],
  ["in_doubt", 2],
  ["succeeded", 3],
  ["other", 5],
  ["running", 4],
];

export const FONT = "11px system-ui, sans-serif";
export const BOLD = "600 12px system-ui, sans-serif";
export const MONO = "11px ui-monospace, Menlo, Consolas, monospace";
// Steps lie one behind the other in one array, each in so many numbers: the column, and the counts.
export const STEP = 6;
// Arrays of arrays, as they come, are ten times as large, and there are tens of thousands of them.
export const flat = (steps) => Uint32Array.from(steps.flat());

// Steps as stacked areas.
export function stack(scene, steps, hosts, bottom, high, least) {
  const { c, colours, bars } = scene;
  const share = high / Math.max(1, hosts);
  const end = scene.x(scene.end);
  const column = (bars.to - bars.from) / bars.columns;
  const at = (i) => scene.x(bars.from + steps[i] * column);
  for (let i = 0; i < steps.length; i += STEP) {
    const isLast = i + STEP >= steps.length;
    // On whole pixels, or seams would be seen.
    const x = Math.round(at(i));
    const to = Math.round(isLast ? Math.max(x, end) : at(i + STEP));
    if (to < scene.left || x > scene.right || (to === x && !isLast)) continue;
    let y = bottom;
    for (const [name, place] of STACK) {
      const count = steps[i + place];
      if (!count) continue;
      // One among thousands is seen.
      const height = Math.max(count * share, place < 3 ? least * 1.6 : 0);
      c.fillStyle = name === "failed" ? colours.hatch : name === "succeeded" ? colours.soft : colours[name];
      c.fillRect(x, y - height, Math.max(1, to - x), height);
      y -= height;
    }
  }
}

export function band(scene, row, y, lane) {
  const { c, colours, left, right, bars } = scene;
  c.fillStyle = colours.lane;
  c.fillRect(left, y, right - left, lane);
  const width = (bars.to - bars.from) / bars.columns;
  const { steps } = row;
  stack(scene, steps, row.end - row.at, y + lane, lane, 1);
  let free = -1;
  let failed = 0;
  for (let i = 0; i < steps.length; i += STEP) {
    const bad = steps[i + 1] + steps[i + 2];
    const px = scene.x(bars.from + steps[i] * width);
    if (bad > failed && px > free && px >= left) {
      SIGNS[steps[i + 1] ? "failed" : "in_doubt"](c, px, y + lane / 2, colours, true);
      free = px + 12;
    }
    failed = bad;
  }
}

// A limit: running solid, failed hatched, down or held dotted, the limit dashed.
export function chart(scene, row, y, lane) {
  const { c, colours, left, right, bars, x } = scene;
  c.fillStyle = colours.lane;
  c.fillRect(left, y, right - left, lane);
  const most = Math.max(1, ...row.steps.map((step) => Math.max(step[2], step[3]))) * 1.08;
  const width = (bars.to - bars.from) / bars.columns;
  const at = (column) => Math.round(x(bars.from + column * width));
  const end = Math.round(x(scene.end));
  const each = (draw) =>
    row.steps.forEach((step, i) => {
      const from = Math.max(left, at(step[0]));
      const to = Math.min(right, i + 1 < row.steps.length ? at(row.steps[i + 1][0]) : end);
      if (to > from) draw(step, from, to - from);
    });
  each(([, running, unavailable, , kept], from, size) => {
    let level = y + lane;
    const part = (count, fill) => {
      const high = (Math.max(0, count) / most) * lane;
      level -= high;
      c.fillStyle = fill;
      c.fillRect(from, level, size, high);
      return high;
    };
    part(kept, colours.kept);
    part(unavailable - running - kept, colours.hatch);
    c.globalAlpha = 0.55;
    const high = part(Math.min(running, unavailable), colours.running);
    c.globalAlpha = 1;
    if (high) c.fillRect(from, level, size, 1.5);
  });
  c.strokeStyle = colours.ink;
  c.setLineDash([5, 3]);
  c.beginPath();
  each(([, , , slots], from, size) => {
    const level = Math.round(y + lane - (slots / most) * lane) + 0.5;
    c.moveTo(from, level);
    c.lineTo(from + size, level);
  });
  c.stroke();
  c.setLineDash([]);
}

export function host(scene, row, y, lane) {
  const { c, colours, right, x, bars } = scene;
  row.bars.forEach((bar, i) => {
    const from = x(bars.began + bar.from);
    const until = bar.to === undefined ? Math.max(scene.end, bars.began + bar.from) : bars.began + bar.to;
    const to = x(until);
    const phases = [["connect", bar.from], ...(bar.phases || []).map(([at, name]) => [name, at])];
    phases.forEach(([name, at], p) => {
      const a = x(bars.began + at);
      const b = p + 1 < phases.length ? x(bars.began + phases[p + 1][1]) : to;
      c.fillStyle =
        name === "connect"
          ? colours.connect
          : name === "pre-hook"
            ? colours.pre
            : name === "post-hook"
              ? colours.post
              : name === "settle"
                ? colours.settle
                : colours.running;
      const thin = name === "connect" ? 4 : 1;
      c.fillRect(a, y + thin, Math.max(1, b - a), lane - 2 * thin);
    });
    const next = row.bars[i + 1];
    const trail = next ? x(bars.began + next.from) : right;
    if (bar.end === "failed" || bar.end === "in_doubt") {
      const held = next || row.state === bar.end;
      if (held) {
        c.fillStyle = bar.end === "failed" ? colours.hatch : colours.dots;
        c.fillRect(to, y + 3, Math.max(0, Math.min(trail, x(scene.end)) - to), lane - 6);
      }
      SIGNS[bar.end](c, to + 5, y + lane / 2, colours, true);
    } else if (bar.end === "never_began") {
      SIGNS.waiting(c, to + 4, y + lane / 2, colours);
    } else if (bar.end === "succeeded") {
      c.fillStyle = colours.succeeded;
      c.fillRect(Math.max(from, to - 2.5), y + 1, 2.5, lane - 2);
    }
    if (bar.slow) {
      c.strokeStyle = colours.blocked;
      c.lineWidth = 1.5;
      c.strokeRect(from, y + 1, Math.max(2, to - from), lane - 2);
      c.lineWidth = 1;
    }
  });
}

// Orders and turns of the job: a mark on the axis, and a fine line.
export function marks(scene, events, height) {
  const { c, colours, left, right, x } = scene;
  c.fillStyle = c.strokeStyle = colours.blocked;
  c.globalAlpha = 0.85;
  for (const event of events) {
    const px = Math.round(x(event.at)) + 0.5;
    if (px < left || px > right) continue;
    c.beginPath();
    c.moveTo(px - 4, 17);
    c.lineTo(px + 4, 17);
    c.lineTo(px, 23);
    c.fill();
  }
  c.globalAlpha = 0.35;
  c.setLineDash([1, 3]);
  c.beginPath();
  for (const event of events) {
    const px = Math.round(x(event.at)) + 0.5;
    if (px > left && px < right) {
      c.moveTo(px, 24);
      c.lineTo(px, height);
    }
  }
  c.stroke();
  c.setLineDash([]);
  c.globalAlpha = 1;
}

function stroke(c, colour, halo, paper, path) {
  c.lineCap = "round";
  if (halo) {
    c.strokeStyle = paper;
    c.lineWidth = 4;
    path();
    c.stroke();
  }
  c.strokeStyle = colour;
  c.lineWidth = 1.8;
  path();
  c.stroke();
  c.lineWidth = 1;
}

export const SIGNS = {
  failed: (c, x, y, colours, halo) =>
    stroke(c, colours.failed, halo, colours.paper, () => {
      c.beginPath();
      c.moveTo(x - 3, y - 3);
      c.lineTo(x + 3, y + 3);
      c.moveTo(x + 3, y - 3);
      c.lineTo(x - 3, y + 3);
    }),
  in_doubt: (c, x, y, colours, halo) =>
    stroke(c, colours.in_doubt, halo, colours.paper, () => {
      c.beginPath();
      c.arc(x, y - 2, 2.4, Math.PI, 2.6 * Math.PI);
      c.lineTo(x, y + 2);
      c.moveTo(x, y + 4.4);
      c.lineTo(x, y + 4.5);
    }),
  succeeded: (c, x, y, colours) =>
    stroke(c, colours.ok, false, colours.paper, () => {
      c.beginPath();
      c.moveTo(x - 3.5, y);
      c.lineTo(x - 1, y + 3);
      c.lineTo(x + 4, y - 3);
    }),
  running: (c, x, y, colours) => {
    c.fillStyle = colours.running;
    c.beginPath();
    c.arc(x, y, 3, 0, 7);
    c.fill();
  },
  waiting: (c, x, y, colours) => {
    c.strokeStyle = colours.dim;
    c.beginPath();
    c.arc(x, y, 2.6, 0, 7);
    c.stroke();
  },
  skipped: (c, x, y, colours) =>
    stroke(c, colours.dim, false, colours.paper, () => {
      c.beginPath();
      c.moveTo(x - 3, y - 3);
      c.lineTo(x, y);
      c.lineTo(x - 3, y + 3);
      c.moveTo(x + 1, y - 3);
      c.lineTo(x + 4, y);
      c.lineTo(x + 1, y + 3);
    }),
  cancelled: (c, x, y, colours) =>
    stroke(c, colours.dim, false, colours.paper, () => {
      c.beginPath();
      c.moveTo(x - 3, y);
      c.lineTo(x + 3, y);
    }),
};

function pattern(c, colour, paper, dots) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const t = tile.getContext("2d");
  t.fillStyle = paper;
  t.fillRect(0, 0, 6, 6);
  t.strokeStyle = t.fillStyle = colour;
  t.lineWidth = 2;
  if (dots) {
    t.fillRect(1, 1, 2, 2);
    t.fillRect(4, 4, 2, 2);
  } else {
    t.beginPath();
    for (const i of [-6, 0, 6]) {
      t.moveTo(i, 6);
      t.lineTo(i + 6, 0);
    }
    t.stroke();
  }
  return c.createPattern(tile, "repeat");
}

export function palette(c) {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  const colours = {
    paper: of("paper"),
    ink: of("ink"),
    dim: of("dim"),
    grid: of("line-soft"),
    lane: of("lane"),
    chosen: of("chosen"),
    running: of("c-running"),
    succeeded: of("c-ok"),
    ok: of("s-ok"),
    soft: of("c-ok-soft"),
    failed: of("s-failed"),
    in_doubt: of("c-doubt"),
    other: of("c-other"),
    blocked: of("c-blocked"),
    connect: of("c-connect"),
    pre: of("c-pre"),
    post: of("c-post"),
    settle: of("c-settle"),
  };
  colours.hatch = pattern(c, of("c-failed"), of("hatch"));
  colours.dots = pattern(c, of("c-doubt"), of("paper"), true);
  colours.kept = pattern(c, of("c-held"), of("paper"), true);
  return colours;
}

export function fitted(c, text, width, atStart) {
  if (c.measureText(text).width <= width) return text;
  const cut = (length) => (atStart ? `…${text.slice(text.length - length)}` : `${text.slice(0, length)}…`);
  let low = 0,
    high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (c.measureText(cut(middle)).width <= width) low = middle;
    else high = middle - 1;
  }
  return cut(low);
}

const UNITS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800,
].map((s) => s * 1000);
export function axis(from, to, width) {
  const unit = UNITS.find((unit) => ((to - from) / unit) * 78 < width) || UNITS[UNITS.length - 1];
  const ticks = [];
  for (let at = Math.ceil(from / unit) * unit; at <= to; at += unit) ticks.push(at);
  return ticks;
}
