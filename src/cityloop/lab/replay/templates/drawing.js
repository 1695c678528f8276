// The map: streets once for each view of them, traffic and signals at every moment.
const ROLES = ["surface", "ink", "muted", "at-rest", "change-1", "change-5", "change-6", "green", "yellow", "red", "dark",
  "accent", "line"];
const RED = 0, YELLOW = 1, YIELDING = 2, GREEN = 3, RED_YELLOW = 4; // codes of city/link_state.py
const DENSITIES = 5;
const SCALES_M = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

function coloursNow() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(ROLES.map((role) => [role, style.getPropertyValue("--" + role).trim()]));
}

// A canvas as sharp as the screen; drawing on it is in CSS pixels.
function sharp(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

class MapDrawing {
  constructor(canvas, data, ways) {
    Object.assign(this, { canvas, data, ways, hovered: -1 });
    this.streets = document.createElement("canvas");
    const ofLane = new Map();
    data.head_lane_ix.forEach((lane, head) => ofLane.set(lane, [...(ofLane.get(lane) || []), head]));
    this.heads = [...ofLane].filter(([lane]) => ways.isDriven[lane]);
  }

  // Take in a new view or new colours.
  setView(camera) {
    this.camera = camera;
    this.colours = coloursNow();
    this.ways.project(camera);
    this.context = sharp(this.canvas, camera.width, camera.height);
    const context = sharp(this.streets, camera.width, camera.height), { ways } = this;
    context.lineCap = "butt";
    context.lineJoin = "round";
    context.strokeStyle = this.colours["at-rest"];
    for (const [from, to, share] of [[ways.nLanes, ways.n, 0.4], [0, ways.nLanes, 0.84]]) {
      for (let way = from; way < to; way++) {
        if (!ways.isDriven[way]) continue;
        context.lineWidth = Math.max(1, share * ways.widthM[ways.lane[way]] * camera.scale * ways.wider);
        context.beginPath();
        ways.trace(context, way, 0, 1);
        context.stroke();
      }
    }
    this.#scaleAndNorth(context);
  }

  draw(rows, codes) {
    const { context, camera } = this;
    context.clearRect(0, 0, camera.width, camera.height);
    context.drawImage(this.streets, 0, 0, camera.width, camera.height);
    context.lineCap = "butt";
    context.lineJoin = "round";
    this.#moving(rows);
    this.#queues(rows);
    if (codes) this.#signals(codes);
    if (this.hovered >= 0) this.#outline(this.hovered);
  }

  #moving([from, to]) {
    const { context, ways, data } = this;
    const groups = Array.from({ length: DENSITIES }, () => []);
    for (let row = from; row < to; row++) {
      const way = data.way_ix[row], n = data.n_moving[row];
      if (!n || !ways.isDriven[way]) continue;
      const per100m = 100 * n / Math.max(50, ways.lengthM[way]);
      groups[Math.min(DENSITIES - 1, Math.floor(per100m / 1.2))].push(way);
    }
    context.strokeStyle = this.colours["change-1"];
    context.lineWidth = Math.max(1.6, 0.5 * ways.lanePx);
    groups.forEach((group, density) => {
      context.globalAlpha = 0.3 + 0.6 * density / (DENSITIES - 1);
      context.beginPath();
      for (const way of group) ways.trace(context, way, 0, 1);
      context.stroke();
    });
    context.globalAlpha = 1;
  }

  #queues([from, to]) {
    const { context, ways, data, camera } = this;
    const part = [[], []];
    for (let row = from; row < to; row++) {
      const way = data.way_ix[row], n = data.n_standing[row];
      if (!n || !ways.isDriven[way]) continue;
      const length = Math.max(ways.lengthM[way], 1), head = 1 - Math.min(data.head_m[row] / length, 1);
      const tail = Math.max(0, head - n * data.spacing_m / length);
      part[n > 1 && tail < 0.1 && head > 0.5 && way < ways.nLanes ? 1 : 0].push([way, tail, head]);
    }
    context.lineWidth = Math.max(4, 0.84 * ways.lanePx);
    const vehiclePx = data.spacing_m * camera.scale; // close by, every vehicle shows
    context.setLineDash(vehiclePx > 9 ? [0.7 * vehiclePx, 0.3 * vehiclePx] : []);
    part.forEach((bars, isFull) => {
      context.strokeStyle = this.colours[isFull ? "change-6" : "change-5"];
      for (const [way, tail, head] of bars) {
        context.beginPath();
        ways.trace(context, way, tail, head);
        context.stroke();
      }
    });
    context.setLineDash([]);
  }

  #signals(codes) {
    const { context, ways, data } = this;
    const size = Math.min(16, Math.max(5, 1.05 * ways.lanePx));
    for (const [lane, heads] of this.heads) {
      const { x, y, angle } = ways.end(lane);
      if (x < -20 || y < -20 || x > this.camera.width + 20 || y > this.camera.height + 20) continue;
      context.save();
      context.translate(x, y);
      context.rotate(angle);
      const room = ways.lanePx / heads.length;
      heads.forEach((head, i) => {
        context.save();
        context.translate(0, (i - (heads.length - 1) / 2) * room);
        this.#head(codes[data.head_link_ix[head]], heads.length > 1 ? Math.max(4.4, Math.min(size, 1.15 * room)) : size);
        context.restore();
      });
      context.restore();
    }
  }

  // One signal head, ahead to the right of the picture: a bar closes the lane, an arrowhead opens it.
  #head(code, size) {
    const { context, colours } = this, half = size / 2;
    context.beginPath();
    if (code === GREEN || code === YIELDING) {
      context.moveTo(0, -half);
      context.lineTo(size, 0);
      context.lineTo(0, half);
      context.closePath();
    } else if (code === YELLOW) {
      context.moveTo(-half / 2, 0);
      context.lineTo(half / 2, -half);
      context.lineTo(1.5 * half, 0);
      context.lineTo(half / 2, half);
      context.closePath();
    } else if (code === RED || code === RED_YELLOW) {
      context.rect(0, -half, Math.max(2.2, 0.4 * size), size);
    } else {
      context.arc(half, 0, 0.36 * size, 0, 2 * Math.PI);
    }
    const isHollow = code === YIELDING || code > RED_YELLOW;
    const colour = colours[[RED, RED_YELLOW].includes(code) ? "red" : code === YELLOW ? "yellow"
      : code === GREEN || code === YIELDING ? "green" : "dark"];
    context.lineWidth = isHollow ? 3 : 2;
    context.strokeStyle = colours.surface;
    context.stroke();
    context.fillStyle = isHollow ? colours.surface : colour;
    context.fill();
    if (isHollow) {
      context.lineWidth = 1.4;
      context.strokeStyle = colour;
      context.stroke();
    }
  }

  #outline(way) {
    const { context, ways } = this;
    context.beginPath();
    ways.trace(context, way, 0, 1);
    context.strokeStyle = this.colours.accent;
    context.globalAlpha = 0.35;
    context.lineWidth = ways.lanePx + 5;
    context.stroke();
    context.globalAlpha = 1;
  }

  #scaleAndNorth(context) {
    const { camera, colours } = this, right = camera.width - 16, base = camera.height - 16;
    const length = SCALES_M.filter((step) => step * camera.scale <= Math.max(0.2 * camera.width, 60)).pop() || SCALES_M[0];
    const left = right - length * camera.scale, middle = (left + right) / 2;
    context.strokeStyle = context.fillStyle = colours.ink;
    context.lineWidth = 1.4;
    context.beginPath();
    context.moveTo(left, base - 5);
    context.lineTo(left, base);
    context.lineTo(right, base);
    context.lineTo(right, base - 5);
    context.stroke();
    context.font = "12px " + getComputedStyle(document.body).fontFamily;
    context.textAlign = "center";
    context.fillText(`${length} m`, middle, base - 5);
    context.fillText("N", middle, base - 44);
    context.beginPath();
    context.moveTo(middle, base - 40);
    context.lineTo(middle + 5, base - 22);
    context.lineTo(middle, base - 26);
    context.lineTo(middle - 5, base - 22);
    context.fill();
  }
}
