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
    if (of.matches(".bar, .wait")) of.setAttribute("tabindex", "0");
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
      const [from, running, held, slots] = step.split(",");
      if (Number(from) > column) break;
      now = running + " running" + (held > 0 ? ", " + held + " held" : "") + (slots ? ", limit " + slots : "");
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

  // Bands open into their hosts; what is below moves down.
  const ROW = 12, words = { ok: "succeeded", doubt: "in doubt", down: "marked down", held: "held", pre: "pre-hook", post: "post-hook" };
  const make = (parent, name, attributes) => {
    const made = document.createElementNS(svg.namespaceURI, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return parent.appendChild(made);
  };
  const bands = [...svg.querySelectorAll(".band[data-hosts]")], opened = new Map();
  const height = view.height, paper = svg.querySelector(".paper");
  const whole = svg.getBoundingClientRect(), scale = view.width / whole.width;
  const parts = bands.length === 0 ? [] : [...svg.children].filter((of) => of.getBBox && of !== paper && of !== cursor)
    .map((of) => {
      const { top, bottom } = of.getBoundingClientRect();
      return { of, top: (top - whole.top) * scale, end: (bottom - whole.top) * scale, base: of.getAttribute("transform") ?? "" };
    });
  const end = new Map(parts.map((part) => [part.of, part.end]));
  const x = (ms) => Number(left) + (right - left) * Math.min(ms, span) / span;
  const row = (group, band, host, at) => {
    const [name, course, note] = host.split("|"), steps = course ? course.split(",") : [], y = at * ROW;
    const line = make(group, "g", { class: "host", tabindex: "0" });
    make(line, "rect", { class: "lane", x: left, y: y + 3, width: right - left, height: 5 });
    make(line, "text", { class: "right dim", x: left - 16, y: y + 9 }).textContent = name;
    const lines = [name];
    for (let step = 0; step < steps.length; step += 2) {
      const from = Number(steps[step]), state = steps[step + 1], to = step + 2 < steps.length ? Number(steps[step + 2]) : Number(span);
      const held = /^(failed|doubt|down|held)$/.test(state), over = held || /^(ok|skipped|cancelled)$/.test(state);
      if (held) make(line, "rect", { class: "trail-" + state, x: x(from), y: y + 3, width: Math.max(0.5, x(to) - x(from)), height: 5 });
      if (!over) make(line, "rect", { class: state, x: x(from), y: y + 2, width: Math.max(0.8, x(to) - x(from)), height: 7 });
      if (over) make(line, "use", { href: "#pogo-" + state, class: "sign s-" + state, transform: "translate(" + (x(from) + 2) + " " + (y + 1.5) + ") scale(.8)" });
      lines.push((words[state] ?? state) + (over ? " at " + time(from) : " from " + time(from) + " to " + time(to)));
    }
    if (note) lines.push(...((note[0] === "w" ? "waits · " : "") + band.dataset.why.split("¶")[note.slice(1)]).split(" · "));
    line.setAttribute("aria-label", lines.join(", "));
    told.set(line, lines);
  };
  const arrange = () => {
    const rooms = [...opened].map(([band, of]) => ({ at: end.get(band), room: of.room }));
    const above = (y) => rooms.reduce((sum, { at, room }) => sum + (at <= y + 0.5 ? room : 0), 0);
    for (const { of, top, end, base } of parts) {
      const down = above(top), more = above(end - 1) - down;
      if (more <= 0) of.setAttribute("transform", "translate(0 " + down + ") " + base);
      else for (const line of of.matches("path") ? [of] : of.querySelectorAll("path")) {
        const factor = (end - top + more) / (end - top);
        line.setAttribute("transform", "translate(0 " + (down + top * (1 - factor)) + ") scale(1 " + factor + ")");
      }
    }
    for (const [band, { group }] of opened) group.setAttribute("transform", "translate(0 " + (end.get(band) + above(end.get(band) - 1)) + ")");
    view.height = height + above(height);
    svg.setAttribute("height", view.height);
    paper.setAttribute("height", view.height);
  };
  const toggle = (band) => {
    if (opened.has(band)) {
      opened.get(band).group.remove();
      opened.delete(band);
    } else {
      const hosts = band.dataset.hosts.split(" "), group = make(svg, "g", { class: "opened" });
      hosts.forEach((host, at) => row(group, band, host, at));
      opened.set(band, { group, room: hosts.length * ROW + 4 });
    }
    band.setAttribute("aria-expanded", String(opened.has(band)));
    arrange();
    document.documentElement.dataset.hosts = svg.querySelectorAll(".host").length;
  };
  bands.forEach((band, at) => {
    band.id = "band-" + (at + 1);
    band.setAttribute("role", "button");
    band.setAttribute("aria-expanded", "false");
    band.addEventListener("click", () => toggle(band));
  });
  svg.addEventListener("keydown", (event) => {
    const band = event.target.closest(".band[data-hosts]");
    if (event.key === "Escape") [...opened.keys()].forEach(toggle);
    else if (band && (event.key === "Enter" || event.key === " ")) toggle(band);
    else return;
    event.preventDefault();
  });
  // An address may name a band to open, or all of them.
  if (location.hash === "#open") bands.forEach(toggle);
  const named = bands.find((band) => "#" + band.id === location.hash);
  if (named) toggle(named);
})();
