// Vehicles standing in the network over time, with the moment that the map shows.
const TICKS_S = [15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];
const SERIES_EDGE = { left: 44, right: 14, top: 8, bottom: 20 };

function clockText(timeS, hasSeconds) {
  const parts = [Math.floor(timeS / 3600) % 24, Math.floor(timeS / 60) % 60];
  if (hasSeconds) parts.push(Math.floor(timeS) % 60);
  return parts.map((part) => String(part).padStart(2, "0")).join(":");
}

class SeriesDrawing {
  constructor(canvas, data, sums) {
    Object.assign(this, { canvas, data, sums });
    const most = sums.standing.reduce((a, b) => Math.max(a, b), 1);
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000].find((s) => most / s <= 3) || most;
    this.step = step;
    this.most = step * Math.ceil(most / step);
  }

  setView() {
    const { width, height } = this.canvas.getBoundingClientRect();
    Object.assign(this, { width, height, colours: coloursNow() });
    this.context = sharp(this.canvas, width, height);
  }

  x(timeMs) {
    const span = 1000 * (this.data.end_s - this.data.begin_s);
    return SERIES_EDGE.left + (this.width - SERIES_EDGE.left - SERIES_EDGE.right) * timeMs / span;
  }

  y(n) { return this.height - SERIES_EDGE.bottom - (this.height - SERIES_EDGE.top - SERIES_EDGE.bottom) * n / this.most; }

  timeAt(x) {
    const share = (x - SERIES_EDGE.left) / (this.width - SERIES_EDGE.left - SERIES_EDGE.right);
    return Math.min(1, Math.max(0, share)) * 1000 * (this.data.end_s - this.data.begin_s);
  }

  draw(timeMs) {
    const { context, colours, data, sums } = this;
    context.clearRect(0, 0, this.width, this.height);
    context.font = "12px " + getComputedStyle(document.body).fontFamily;
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.fillStyle = colours.muted;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let n = 0; n <= this.most; n += this.step) {
      context.beginPath();
      context.moveTo(SERIES_EDGE.left, this.y(n));
      context.lineTo(this.width - SERIES_EDGE.right, this.y(n));
      context.stroke();
      context.fillText(n.toLocaleString("en"), SERIES_EDGE.left - 6, this.y(n));
    }
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    const span = data.end_s - data.begin_s;
    const every = TICKS_S.find((step) => span / step <= Math.max(2, this.width / 110)) || span;
    for (let t = Math.ceil(data.begin_s / every) * every; t <= data.end_s; t += every) {
      context.fillText(clockText(t, every < 60), Math.min(this.x(1000 * (t - data.begin_s)), this.width - 20), this.height - 5);
    }
    context.beginPath();
    context.moveTo(this.x(0), this.y(0));
    data.t_ms.forEach((t, i) => context.lineTo(this.x(t), this.y(sums.standing[i])));
    context.lineTo(this.x(data.t_ms[data.t_ms.length - 1] || 0), this.y(0));
    context.fillStyle = context.strokeStyle = colours["change-5"];
    context.globalAlpha = 0.25;
    context.fill();
    context.globalAlpha = 1;
    context.stroke();
    context.strokeStyle = colours.ink;
    context.lineWidth = 1.6;
    context.beginPath();
    context.moveTo(this.x(timeMs), SERIES_EDGE.top - 4);
    context.lineTo(this.x(timeMs), this.height - SERIES_EDGE.bottom);
    context.stroke();
  }
}
