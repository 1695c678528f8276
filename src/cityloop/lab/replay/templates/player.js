// Time, and everything that the reader can do.
const STEP_MS = 2000, MINUTE_MS = 60000;
const element = (id) => document.getElementById(id);

// The last place of a sorted array whose value is not above the given one; -1 before the first.
function lastUpTo(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1; else high = middle;
  }
  return low - 1;
}

function sumsOf(data) {
  const n = data.t_ms.length, sums = { standing: new Int32Array(n), moving: new Int32Array(n) };
  for (let i = 0; i < n; i++) {
    for (let row = data.first[i]; row < data.first[i + 1]; row++) {
      sums.standing[i] += data.n_standing[row];
      sums.moving[i] += data.n_moving[row];
    }
  }
  return sums;
}

class Player {
  constructor(data) {
    this.data = data;
    this.ways = new Ways(data);
    this.sums = sumsOf(data);
    this.nLinks = data.display_t_ms.length ? data.display.length / data.display_t_ms.length : 0;
    this.map = new MapDrawing(element("map"), data, this.ways);
    this.series = new SeriesDrawing(element("series"), data, this.sums);
    this.spanMs = 1000 * (data.end_s - data.begin_s);
    this.timeMs = this.#timeAsked();
    this.pointer = null;
    this.isPlaying = asked.has("play") ? asked.get("play") !== "0" : !matchMedia("(prefers-reduced-motion: reduce)").matches;
    element("seek").max = Math.round(this.spanMs / 1000);
    if (asked.has("speed")) element("speed").value = asked.get("speed");
    if (!element("speed").value) element("speed").value = "20";
    this.fit();
    this.#lookWhereAsked();
    this.#listen();
    this.#setPlaying(this.isPlaying);
    requestAnimationFrame((now) => { this.before = now; this.#tick(now); });
  }

  say(key, values = {}) {
    return this.data.texts["js_" + key][choices.language].replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  // #t=16:20:00, or seconds since the window's begin
  #timeAsked() {
    const text = asked.get("t") || "0", parts = text.split(":").map(Number);
    const seconds = parts.length > 1 ? parts[0] * 3600 + parts[1] * 60 + (parts[2] || 0) - this.data.begin_s : parts[0];
    return Math.min(this.spanMs, Math.max(0, 1000 * (seconds || 0)));
  }

  // #zoom=4&at=0.3,0.6: so many times closer, with this place of the map (from its upper left) in the middle
  #lookWhereAsked() {
    if (!asked.has("zoom")) return;
    const box = this.ways.bounds(), [right, down] = (asked.get("at") || "0.5,0.5").split(",").map(Number);
    this.camera.x = box.x0 + right * (box.x1 - box.x0);
    this.camera.y = box.y1 - down * (box.y1 - box.y0);
    this.camera.scale *= Number(asked.get("zoom")) || 1;
    this.#look();
  }

  fit() {
    const { width, height } = element("frame").getBoundingClientRect(), box = this.ways.bounds();
    const scale = 0.94 * Math.min(width / Math.max(box.x1 - box.x0, 20), height / Math.max(box.y1 - box.y0, 20));
    this.camera = { x: (box.x0 + box.x1) / 2, y: (box.y0 + box.y1) / 2, scale, width, height };
    this.#look();
  }

  #look() {
    this.map.setView(this.camera);
    this.series.setView();
    this.#show(); // at once: a new view has emptied the canvases
  }

  zoom(factor, x = this.camera.width / 2, y = this.camera.height / 2) {
    const scale = Math.min(30, Math.max(0.005, this.camera.scale * factor));
    const dx = (x - this.camera.width / 2) * (1 / this.camera.scale - 1 / scale);
    const dy = (y - this.camera.height / 2) * (1 / this.camera.scale - 1 / scale);
    this.camera = { ...this.camera, scale, x: this.camera.x + dx, y: this.camera.y - dy };
    this.#look();
  }

  seek(timeMs) {
    this.timeMs = Math.min(this.spanMs, Math.max(0, timeMs));
    this.isStale = true;
  }

  #setPlaying(isPlaying) {
    if (isPlaying && this.timeMs >= this.spanMs) this.seek(0);
    this.isPlaying = isPlaying;
    element("play").classList.toggle("on", isPlaying);
    element("play").setAttribute("aria-pressed", String(isPlaying));
  }

  #tick(now) {
    if (this.isPlaying) {
      this.seek(this.timeMs + Math.min(now - this.before, 250) * Number(element("speed").value));
      if (this.timeMs >= this.spanMs) this.#setPlaying(false);
    }
    this.before = now;
    if (this.isStale) this.#show();
    requestAnimationFrame((next) => this.#tick(next));
  }

  #show() {
    this.isStale = false;
    const { data } = this, step = lastUpTo(data.t_ms, this.timeMs), shown = lastUpTo(data.display_t_ms, this.timeMs);
    this.rows = step < 0 ? [0, 0] : [data.first[step], data.first[step + 1]];
    this.map.draw(this.rows, shown < 0 ? null : data.display.subarray(shown * this.nLinks, (shown + 1) * this.nLinks));
    this.series.draw(this.timeMs);
    const clock = clockText(data.begin_s + this.timeMs / 1000, true);
    const standing = step < 0 ? 0 : this.sums.standing[step], moving = step < 0 ? 0 : this.sums.moving[step];
    element("clock").textContent = clock;
    element("standing").textContent = standing.toLocaleString("en");
    element("moving").textContent = moving.toLocaleString("en");
    element("seek").value = Math.round(this.timeMs / 1000);
    element("seek").setAttribute("aria-valuetext", clock);
    const said = this.say("map", { clock, standing, moving });
    element("map").setAttribute("aria-label", said);
    element("series").setAttribute("aria-label", said);
    this.#tip();
  }

  #tip() {
    const tip = element("tip"), way = this.map.hovered;
    tip.hidden = way < 0 || !this.pointer;
    if (tip.hidden) return;
    const { data, ways } = this, lane = ways.lane[way], road = data.road_ix[lane];
    let row = this.rows[0];
    while (row < this.rows[1] && data.way_ix[row] !== way) row++;
    const isThere = row < this.rows[1], n = isThere ? data.n_standing[row] : 0;
    const of = data.road_ix.reduce((count, other, i) => count + (other === road && data.is_driven[i] ? 1 : 0), 0);
    const below = data.road_ix.reduce((count, other, i) =>
      count + (other === road && data.is_driven[i] && data.from_middle[i] > data.from_middle[lane] ? 1 : 0), 1);
    const length = Math.round(Math.min(n * data.spacing_m, ways.lengthM[way]));
    tip.replaceChildren(document.createElement("b"), ...[
      way >= ways.nLanes ? this.say("junction") : of > 1 ? this.say("lane", { lane: below, of }) : "",
      this.say("queue", { n, length }),
      this.say("moving", { n: isThere ? data.n_moving[row] : 0 }),
    ].filter((line) => line).flatMap((line, i) => i ? [document.createElement("br"), line] : [line]));
    tip.firstChild.textContent = data.roads[road];
    tip.style.left = `${Math.min(this.pointer.x + 14, this.camera.width - tip.offsetWidth - 6)}px`;
    tip.style.top = `${Math.min(this.pointer.y + 14, this.camera.height - tip.offsetHeight - 6)}px`;
  }

  hover(x, y) {
    this.pointer = { x, y };
    this.map.hovered = this.ways.nearest(x, y);
    this.isStale = true;
  }

  #listen() {
    const canvas = element("map"), held = new Map();
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    canvas.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, place(event));
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      const now = place(event), last = held.get(event.pointerId);
      if (!last) { this.hover(now.x, now.y); return; }
      const other = [...held].find(([id]) => id !== event.pointerId);
      held.set(event.pointerId, now);
      if (other) { // two fingers
        const far = (a) => Math.max(10, Math.hypot(a.x - other[1].x, a.y - other[1].y));
        this.zoom(far(now) / far(last), (now.x + other[1].x) / 2, (now.y + other[1].y) / 2);
        return;
      }
      this.camera.x -= (now.x - last.x) / this.camera.scale;
      this.camera.y += (now.y - last.y) / this.camera.scale;
      this.#look();
    });
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => {
        held.delete(event.pointerId);
        if (event.pointerType !== "mouse") { const { x, y } = place(event); this.hover(x, y); }
      });
    }
    canvas.addEventListener("pointerleave", () => { this.map.hovered = -1; this.pointer = null; this.isStale = true; });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const { x, y } = place(event);
      this.zoom(Math.exp(-0.0016 * event.deltaY), x, y);
    }, { passive: false });
    const series = element("series");
    const seekTo = (event) => this.seek(this.series.timeAt(event.clientX - series.getBoundingClientRect().left));
    series.addEventListener("pointerdown", (event) => { series.setPointerCapture(event.pointerId); seekTo(event); });
    series.addEventListener("pointermove", (event) => { if (event.buttons) seekTo(event); });
    element("seek").addEventListener("input", () => this.seek(1000 * Number(element("seek").value)));
    element("play").addEventListener("click", () => this.#setPlaying(!this.isPlaying));
    element("closer").addEventListener("click", () => this.zoom(1.5));
    element("further").addEventListener("click", () => this.zoom(1 / 1.5));
    element("all").addEventListener("click", () => this.fit());
    element("language").addEventListener("click", () => { choices.turnLanguage(); this.isStale = true; });
    element("theme").addEventListener("click", () => { choices.turnTheme(); this.#look(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#look());
    new ResizeObserver(() => {
      const { width, height } = element("frame").getBoundingClientRect();
      if (width === this.camera.width && height === this.camera.height) return;
      this.camera = { ...this.camera, width, height };
      this.#look();
    }).observe(element("frame"));
    addEventListener("keydown", (event) => this.#key(event));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const speed = element("speed"), jump = event.shiftKey ? MINUTE_MS : STEP_MS;
    const faster = (by) => {
      speed.selectedIndex = Math.min(speed.options.length - 1, Math.max(0, speed.selectedIndex + by));
    };
    const actions = {
      " ": () => this.#setPlaying(!this.isPlaying),
      ArrowLeft: () => this.seek(this.timeMs - jump),
      ArrowRight: () => this.seek(this.timeMs + jump),
      "[": () => faster(-1),
      "]": () => faster(1),
      "+": () => this.zoom(1.5),
      "=": () => this.zoom(1.5),
      "-": () => this.zoom(1 / 1.5),
      0: () => this.fit(),
      l: () => element("language").click(),
      d: () => element("theme").click(),
    };
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (event.key === " " && event.target.tagName === "BUTTON")) return;
    event.preventDefault();
    action();
  }
}

(async () => {
  const content = JSON.parse(element("content").textContent);
  try {
    if (typeof DecompressionStream === "undefined") throw new Error(content.texts.js_too_old[choices.language]);
    window.replay = new Player(await unpackAll(content));
    document.documentElement.dataset.ready = "";
  } catch (error) {
    element("trouble").textContent = String(error.message || error);
    element("trouble").hidden = false;
  }
})();
