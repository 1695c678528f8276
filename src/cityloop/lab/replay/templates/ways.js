// The lanes and movements as lines, on the ground in metres and on the screen in pixels.
const LEAST_LANE_PX = 3.4; // lanes are drawn at least so wide, measured from the middle of the street
const WIDEST = 9; // but never more than so many times their width

class Ways {
  constructor(data) {
    const n = data.ends.length, nPoints = data.points.length / 2;
    this.n = n;
    this.nLanes = data.n_lanes;
    this.first = new Int32Array(n + 1);
    this.first.set(data.ends, 1);
    this.lengthM = Float32Array.from(data.length_dm, (value) => value / 10);
    this.isDriven = new Uint8Array(n);
    this.lane = new Int32Array(n).fill(-1); // of a movement: the lane that it leaves
    this.x = new Float32Array(nPoints);
    this.y = new Float32Array(nPoints);
    this.rightX = new Float32Array(nPoints);
    this.rightY = new Float32Array(nPoints);
    this.outM = new Float32Array(nPoints); // from the middle of the street
    this.screenX = new Float32Array(nPoints);
    this.screenY = new Float32Array(nPoints);
    this.alongPx = new Float32Array(nPoints);
    this.widthM = Float32Array.from(data.width_dm, (value) => value / 10);
    for (let i = 0; i < nPoints; i++) {
      this.x[i] = data.points[2 * i] / data.scale_per_m;
      this.y[i] = data.points[2 * i + 1] / data.scale_per_m;
    }
    const outOfLane = (lane) => (data.from_middle[lane] + 0.5) * this.widthM[lane];
    for (let way = 0; way < n; way++) {
      const movement = way - this.nLanes;
      const from = movement < 0 ? way : data.from_lane_ix[movement], to = movement < 0 ? way : data.to_lane_ix[movement];
      this.lane[way] = from;
      this.isDriven[way] = this.first[way + 1] - this.first[way] > 1 && from >= 0 && to >= 0
        && data.is_driven[from] && data.is_driven[to] ? 1 : 0;
      if (this.isDriven[way]) this.#setSides(way, outOfLane(from), outOfLane(to));
    }
  }

  #setSides(way, fromM, toM) {
    const first = this.first[way], last = this.first[way + 1] - 1;
    for (let i = first; i <= last; i++) {
      const a = Math.max(first, i - 1), b = Math.min(last, i + 1);
      const dx = this.x[b] - this.x[a], dy = this.y[b] - this.y[a], length = Math.hypot(dx, dy) || 1;
      this.rightX[i] = dy / length;
      this.rightY[i] = -dx / length;
      this.outM[i] = fromM + (toM - fromM) * (i - first) / (last - first);
    }
  }

  bounds() {
    const box = { x0: Infinity, y0: Infinity, x1: -Infinity, y1: -Infinity };
    for (let way = 0; way < this.n; way++) {
      if (!this.isDriven[way]) continue;
      for (let i = this.first[way]; i < this.first[way + 1]; i++) {
        box.x0 = Math.min(box.x0, this.x[i]); box.x1 = Math.max(box.x1, this.x[i]);
        box.y0 = Math.min(box.y0, this.y[i]); box.y1 = Math.max(box.y1, this.y[i]);
      }
    }
    return box.x0 <= box.x1 ? box : { x0: 0, y0: 0, x1: 1, y1: 1 };
  }

  // Put every point on the screen; camera: x, y in the middle (m), scale (px per m), width, height (px).
  project(camera) {
    this.wider = Math.min(WIDEST, Math.max(1, LEAST_LANE_PX / (3.2 * camera.scale)));
    this.lanePx = 3.2 * camera.scale * this.wider;
    for (let way = 0; way < this.n; way++) {
      if (!this.isDriven[way]) continue;
      let along = 0;
      for (let i = this.first[way]; i < this.first[way + 1]; i++) {
        const more = (this.wider - 1) * this.outM[i];
        this.screenX[i] = camera.width / 2 + (this.x[i] + this.rightX[i] * more - camera.x) * camera.scale;
        this.screenY[i] = camera.height / 2 - (this.y[i] + this.rightY[i] * more - camera.y) * camera.scale;
        if (i > this.first[way]) {
          along += Math.hypot(this.screenX[i] - this.screenX[i - 1], this.screenY[i] - this.screenY[i - 1]);
        }
        this.alongPx[i] = along;
      }
    }
  }

  // Add a stretch of a way to the path that is being drawn, given in shares of its length.
  trace(context, way, from, to) {
    const first = this.first[way], last = this.first[way + 1] - 1, total = this.alongPx[last];
    const a = Math.max(0, from) * total, b = Math.min(1, to) * total;
    let isDrawing = false;
    for (let i = first + 1; i <= last; i++) {
      const begin = this.alongPx[i - 1], end = this.alongPx[i];
      if (end < a || end === begin) continue;
      if (!isDrawing) {
        context.moveTo(...this.#between(i, (a - begin) / (end - begin)));
        isDrawing = true;
      }
      if (end >= b) {
        context.lineTo(...this.#between(i, (b - begin) / (end - begin)));
        return;
      }
      context.lineTo(this.screenX[i], this.screenY[i]);
    }
  }

  #between(i, share) {
    return [
      this.screenX[i - 1] + share * (this.screenX[i] - this.screenX[i - 1]),
      this.screenY[i - 1] + share * (this.screenY[i] - this.screenY[i - 1]),
    ];
  }

  // The end of a way on the screen and the direction in which it leads there.
  end(way) {
    const last = this.first[way + 1] - 1;
    let i = last - 1;
    while (i > this.first[way] && this.alongPx[last] - this.alongPx[i] < 1) i--;
    const dx = this.screenX[last] - this.screenX[i], dy = this.screenY[last] - this.screenY[i];
    return { x: this.screenX[last], y: this.screenY[last], angle: Math.atan2(dy, dx) };
  }

  // The way nearest to a place on the screen, -1 where none is near; a lane rather than a movement.
  nearest(x, y) {
    let best = -1, least = Math.max(7, this.lanePx / 2);
    for (let way = 0; way < this.n; way++) {
      if (!this.isDriven[way]) continue;
      const behind = way < this.nLanes ? 0 : 3;
      for (let i = this.first[way] + 1; i < this.first[way + 1]; i++) {
        const ax = this.screenX[i - 1], ay = this.screenY[i - 1], dx = this.screenX[i] - ax, dy = this.screenY[i] - ay;
        const share = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
        const distance = Math.hypot(ax + share * dx - x, ay + share * dy - y) + behind;
        if (distance < least) [best, least] = [way, distance];
      }
    }
    return best;
  }
}
