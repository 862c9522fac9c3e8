// Draws a timeline: axis, rows that are seen, and what lies over them.
import { backdrop } from "./backdrop.js";
import { number } from "./dom.js";
import { clock, lasted, now } from "./time.js";
import { BOLD, FONT, MONO, SIGNS, axis, band, chart, fitted, host, marks, palette, stack } from "./paint.js";
import { keyOf } from "./describe.js";

// Where rows begin, below the axis and the row of all hosts.
export const TOP = 74;

export function paint(line) {
  const { canvas, scroller } = line;
  if (!line.bars || !scroller.isConnected) return;
  const plot = line.plot();
  const height = Math.min(line.height, scroller.clientHeight || line.height);
  line.space.style.setProperty("--h", `${line.height}px`);
  const ratio = Math.min(3, devicePixelRatio || 1);
  const size = [Math.round(line.width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    canvas.style.setProperty("width", `${line.width}px`);
    canvas.style.setProperty("height", `${height}px`);
  }
  const c = canvas.getContext("2d", { alpha: false });
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  const colours = line.colours || (line.colours = palette(c));
  const [from, to] = line.view();
  const x = (at) => line.left + ((at - from) / (to - from)) * plot;
  const scene = {
    c,
    colours,
    left: line.left,
    right: line.left + plot,
    x,
    from,
    to,
    bars: line.bars,
    live: line.live,
    end: line.live ? now() : line.bars.last,
  };
  c.fillStyle = colours.paper;
  c.fillRect(0, 0, line.width, height);
  const ticks = axis(from, to, plot);
  c.strokeStyle = colours.grid;
  c.lineWidth = 1;
  c.beginPath();
  for (const tick of ticks) {
    const px = Math.round(x(tick)) + 0.5;
    c.moveTo(px, 18);
    c.lineTo(px, height);
  }
  c.stroke();
  const top = scroller.scrollTop;
  c.save();
  c.beginPath();
  c.rect(0, TOP, line.width, height - TOP);
  c.clip();
  c.translate(0, -top);
  for (const row of line.rows) {
    if (row.y + row.height < top + TOP || row.y > top + height) continue;
    drawRow(line, scene, row);
  }
  c.restore();
  total(line, scene);
  c.fillStyle = colours.dim;
  c.font = FONT;
  c.textAlign = "center";
  for (const tick of ticks) {
    const px = x(tick);
    if (px > line.left + 14 && px < scene.right - 28) c.fillText(clock(tick, to - from < 600000), px, 12);
  }
  if (line.live) {
    const px = Math.round(x(scene.end)) + 0.5;
    if (px <= scene.right + 1) {
      c.strokeStyle = colours.running;
      c.beginPath();
      c.moveTo(px, 18);
      c.lineTo(px, height);
      c.stroke();
    }
  }
  backdrop(scene, line.spans, 18, height);
  marks(scene, line.events, height);
  if (line.hovered && line.at > line.left) {
    c.strokeStyle = colours.dim;
    c.setLineDash([2, 3]);
    c.beginPath();
    c.moveTo(line.at, 18);
    c.lineTo(line.at, height);
    c.stroke();
    c.setLineDash([]);
  }
  line.range.textContent = `${clock(from)} – ${clock(to)} · ${lasted(to - from)}`;
  line.canvas.setAttribute(
    "aria-label",
    `Timeline of ${line.bars.hosts} hosts, ${clock(from)} to ${clock(to)}; the lists beside it say the same in words`,
  );
}

// How many hosts are in which state, over time: all rows in one.
function total(line, scene) {
  const { c, colours, left, right } = scene;
  c.fillStyle = colours.paper;
  c.fillRect(0, 18, line.width, TOP - 22);
  const bottom = TOP - 8,
    high = TOP - 30;
  c.fillStyle = colours.lane;
  c.fillRect(left, bottom - high, right - left, high);
  c.save();
  c.beginPath();
  c.rect(left, bottom - high, right - left, high);
  c.clip();
  stack(scene, line.bars.total, line.bars.hosts, bottom, high, 1);
  c.restore();
  c.fillStyle = colours.dim;
  c.font = FONT;
  c.textAlign = "right";
  c.fillText("all hosts", left - 18, bottom - high / 2 + 4);
  c.fillText(number(line.bars.hosts), left - 4, bottom - high + 9);
}

function drawRow(line, scene, row) {
  const { c, colours, left, right } = scene;
  const lane = row.height - 4;
  const y = row.y + 2;
  const chosen = row.host ? row.host === line.marked : line.looked && keyOf(row) === line.looked;
  if (row.kind === "head") {
    c.fillStyle = row === line.rows[line.cursor] || chosen ? colours.running : colours.ink;
    c.font = BOLD;
    c.textAlign = "left";
    c.fillText(row.label, 6, row.y + 15, right - 60);
    c.fillStyle = colours.dim;
    c.font = FONT;
    c.textAlign = "right";
    c.fillText(row.hosts === undefined ? row.note : number(row.hosts), right, row.y + 15);
    return;
  }
  if (chosen || row === line.hovered || row === line.rows[line.cursor]) {
    c.fillStyle = chosen ? colours.chosen : colours.lane;
    c.fillRect(0, row.y, line.width, row.height);
  }
  c.fillStyle = chosen ? colours.ink : colours.dim;
  c.font = MONO;
  c.textAlign = "right";
  const name = row.kind === "limit" ? row.group : row.host || `${row.open ? "▾" : "▸"} ${row.band}`;
  const middle = y + lane / 2 + 4;
  // Of a band the end of its name tells more.
  c.fillText(fitted(c, name, left - 26, row.kind === "band"), left - 18, row.kind === "limit" ? middle - 7 : middle);
  const used = row.kind === "limit" && row.steps[row.steps.length - 1];
  if (used) c.fillText(`${used[2]} of ${used[3]}`, left - 18, middle + 8);
  if (row.kind === "host" && SIGNS[row.state]) SIGNS[row.state](c, left - 10, y + lane / 2, colours);
  c.save();
  c.beginPath();
  c.rect(left, row.y, right - left, row.height);
  c.clip();
  if (row.kind === "band") band(scene, row, y, lane);
  else if (row.kind === "limit") chart(scene, row, y, lane);
  else host(scene, row, y, lane);
  c.restore();
}
