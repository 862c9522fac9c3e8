// Pointers on the timeline: ctrl or ⌘ with the wheel and pinching zoom at the pointer, dragging moves; the plain wheel scrolls the page.

export function pointers(line) {
  const { canvas } = line;
  let drag = null;
  const touches = new Map();
  // Where in the window of time, from 0 to 1.
  const place = (x) => Math.min(1, Math.max(0, (x - canvas.getBoundingClientRect().left - line.left) / line.plot()));
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      line.zoom(Math.exp(event.deltaY * 0.004), place(event.clientX));
    },
    { passive: false },
  );
  canvas.addEventListener("pointerdown", (event) => {
    touches.set(event.pointerId, event.clientX);
    drag = { x: event.clientX, view: line.bars && line.view(), moved: false };
    if (event.pointerType === "mouse") canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (touches.size === 2 && touches.has(event.pointerId)) {
      const before = [...touches.values()];
      touches.set(event.pointerId, event.clientX);
      const after = [...touches.values()];
      const ratio = Math.abs(before[0] - before[1]) / Math.max(10, Math.abs(after[0] - after[1]));
      line.zoom(ratio, place((after[0] + after[1]) / 2));
      if (drag) drag.moved = true;
      return;
    }
    if (drag && drag.view && event.buttons) {
      const by = event.clientX - drag.x;
      if (Math.abs(by) > 3 || drag.moved) {
        drag.moved = true;
        const scale = (drag.view[1] - drag.view[0]) / line.plot();
        line.moveTo(drag.view[0] - by * scale, drag.view[1] - by * scale);
        line.tip.hidden = true;
      }
      return;
    }
    line.hover(event);
  });
  const end = (event) => {
    touches.delete(event.pointerId);
    if (event.type === "pointerup" && drag && !drag.moved) {
      const { row, x } = line.rowAt(event);
      if (row) {
        line.cursor = line.rows.indexOf(row);
        line.activate(row);
      } else if (x > line.left) line.lookAbove(x);
    }
    drag = null;
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  canvas.addEventListener("pointerleave", () => {
    line.tip.hidden = true;
    line.hovered = null;
    line.draw();
  });
  line.scroller.addEventListener("scroll", () => line.draw());
}
