(() => {
  "use strict";
  const svg = document.querySelector("svg.pogo"), tip = document.getElementById("tip");
  const { left, right, span } = svg.dataset;
  const view = svg.viewBox.baseVal, told = new Map();
  for (const title of svg.querySelectorAll("title")) {
    const of = title.parentNode, text = title.textContent;
    of.setAttribute("aria-label", text);
    title.remove();
    if (of === svg) continue;
    told.set(of, text.split(" · "));
    if (of.classList.contains("bar")) of.setAttribute("tabindex", "0");
  }
  const cursor = document.createElementNS(svg.namespaceURI, "path");
  cursor.setAttribute("class", "cursor");
  svg.append(cursor);
  const time = (ms) => {
    const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
    if (s < 60) return (ms / 1000).toFixed(2) + "s";
    if (s < 3600) return Math.floor(s / 60) + "m " + two(s % 60) + "s";
    return Math.floor(s / 3600) + "h " + two(Math.floor(s / 60) % 60) + "m";
  };
  const used = (chart, column) => {
    let now = null;
    for (const step of chart.dataset.steps.split(";")) {
      const [from, running, held, places] = step.split(",");
      if (Number(from) > column) break;
      now = running + " running" + (held > 0 ? ", " + held + " held" : "") + (places ? ", limit " + places : "");
    }
    return now;
  };
  const show = (lines, x, y) => {
    tip.replaceChildren(...lines.map((line, at) => {
      const part = document.createElement(at ? "div" : "strong");
      part.textContent = line;
      return part;
    }));
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - width - 8)) + "px";
    tip.style.top = (y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18) + "px";
  };
  const hide = () => { tip.hidden = true; cursor.setAttribute("d", ""); };
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * view.width / box.width;
    const inside = x >= left && x <= right, of = event.target.closest("g");
    cursor.setAttribute("d", inside ? "M" + x + " 96V" + (view.height - 12) : "");
    const lines = [...(told.get(of) ?? [])];
    if (!inside && lines.length === 0) return hide();
    if (inside) {
      if (of && of.classList.contains("chart")) lines.push(used(of, x - left) ?? "");
      lines.push("at " + time((x - left) / (right - left) * span));
    }
    show(lines, event.clientX, event.clientY);
  });
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("focusin", (event) => {
    const lines = told.get(event.target), box = event.target.getBoundingClientRect();
    if (lines) show(lines, box.left, box.bottom);
  });
  svg.addEventListener("focusout", hide);
  document.documentElement.dataset.bars = svg.querySelectorAll(".bar").length;
})();
