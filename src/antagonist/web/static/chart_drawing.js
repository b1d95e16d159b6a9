// What the chart draws on its canvases: bands, lines, marks, dates. Used by chart.js.
"use strict";
const AntagonistDrawing = (() => {
  const HOUR = 3600, DAY = 86400;
  const LEAST_LEVEL = 0.01; // ng/mL; a logarithmic axis has no zero

  // Numbers and times in the page's language and the clinic's zone; a day before its month.
  class Reading {
    constructor(zone, words) {
      const said = document.documentElement.lang || "en";
      this.lang = said === "en" ? "en-GB" : said;
      this.zone = zone;
      this.words = new Map(Object.entries(words));
      const time = (options) => new Intl.DateTimeFormat(this.lang, { timeZone: zone, ...options });
      this.moments = time({ weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" });
      this.brief = time({ day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      this.days = time({ day: "numeric", month: "short" });
      this.clocks = time({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
      this.dates = time({ weekday: "short", day: "numeric", month: "short", year: "numeric" });
      this.whole = new Intl.NumberFormat(this.lang, { style: "percent" });
      this.digits = new Intl.NumberFormat(this.lang, { maximumSignificantDigits: 2 });
      this.parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
    }
    word(key, values = {}) {
      const text = this.words.has(key) ? this.words.get(key) : key, filled = new Map(Object.entries(values));
      return text.replace(/\{(\w+)\}/g, (all, name) => (filled.has(name) ? filled.get(name) : all));
    }
    at(seconds) { return this.moments.format(seconds * 1000); }
    percent(value) {
      if (value >= 99.5 && value < 100) return `>${this.whole.format(0.99)}`;
      if (value > 0 && value < 0.5) return `<${this.whole.format(0.01)}`;
      return this.whole.format(Math.round(value) / 100);
    }
    value(value, unit) {
      if (unit === "%") return this.percent(value);
      const shown = value > 0 && value < LEAST_LEVEL ? `<${this.digits.format(LEAST_LEVEL)}` : this.digits.format(value);
      return `${shown} ${this.word(`unit.${unit}`)}`;
    }
    offset(seconds) { // of the zone from UTC, in seconds
      const p = new Map(this.parts.formatToParts(seconds * 1000).map((x) => [x.type, Number(x.value)]));
      return Date.UTC(p.get("year"), p.get("month") - 1, p.get("day"), p.get("hour"), p.get("minute"), p.get("second")) / 1000 - Math.floor(seconds);
    }
    midnight(seconds) { // the beginning of a moment's day
      const wall = Math.floor((seconds + this.offset(seconds)) / DAY) * DAY;
      return wall - this.offset(wall - this.offset(seconds));
    }
    ticks(from, until, most) { // full hours of short spans, else beginnings of days
      const step = [6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 56 * DAY].find((s) => (until - from) / s <= most) || 91 * DAY;
      const found = [];
      let at = this.midnight(from);
      while (at <= until) {
        if (at >= from) found.push(at);
        // half a day more than whole days: a day has 23 to 25 hours
        at = step < DAY ? at + step : this.midnight(at + step + DAY / 2);
      }
      return found;
    }
    tick(seconds) {
      return seconds === this.midnight(seconds) ? this.days.format(seconds * 1000) : this.clocks.format(seconds * 1000);
    }
  }

  const times = (grid) => Array.from({ length: grid.count }, (_, n) => grid.start + n * grid.step);

  // Columns for uPlot: times, median, then the four edges. series: of a quantity; undefined = none.
  const columns = (data, series) => {
    const x = times(data.grid), nothing = (count) => new Array(Math.max(count, 0)).fill(null);
    if (!series) return [x, ...Array.from({ length: 5 }, () => nothing(x.length))];
    const shown = (value) => (series.unit === "%" ? value : Math.max(value, LEAST_LEVEL));
    const { first, q50, q05, q25, q75, q95 } = series;
    return [x, ...[q50, q05, q25, q75, q95].map((row) => [...nothing(first), ...row.map(shown), ...nothing(x.length - first - row.length)])];
  };

  const colours = (element) => {
    const style = getComputedStyle(element);
    const of = (name) => style.getPropertyValue(name).trim();
    return { curve: of("--chart-curve"), wide: of("--chart-wide"), narrow: of("--chart-narrow"), ink: of("--chart-ink"), soft: of("--chart-soft"), grid: of("--chart-grid"), ahead: of("--chart-ahead"), paper: of("--chart-paper"), alarm: of("--chart-alarm") };
  };

  const DASHES = new Map([["protected", [8, 4]], ["blunted", [2, 3]], ["danger", [7, 3, 2, 3]]]);
  const font = (px, weight = "") => `${weight} ${px * devicePixelRatio}px system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif`;

  // Behind the curves: the time to come, shaded.
  const ahead = (u, now, colour) => {
    const left = Math.max(u.valToPos(now, "x", true), u.bbox.left);
    const width = u.bbox.left + u.bbox.width - left;
    if (width <= 0) return;
    u.ctx.fillStyle = colour;
    u.ctx.fillRect(left, u.bbox.top, width, u.bbox.height);
  };

  const upright = (u, at, colour, width = 2, dash = []) => {
    const x = Math.round(u.valToPos(at, "x", true));
    if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return null;
    const ctx = u.ctx;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.lineWidth = width * devicePixelRatio;
    ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
    ctx.beginPath();
    ctx.moveTo(x, u.bbox.top);
    ctx.lineTo(x, u.bbox.top + u.bbox.height);
    ctx.stroke();
    ctx.restore();
    return x;
  };

  // A short text on a plate of paper, so that it can be read over a curve.
  const plate = (u, text, x, y, colour, paper, align = "left") => {
    const ctx = u.ctx, pad = 3 * devicePixelRatio;
    ctx.save();
    ctx.font = font(11, "600");
    ctx.textBaseline = "middle";
    const width = ctx.measureText(text).width, height = 14 * devicePixelRatio;
    let left = align === "right" ? x - width - pad : align === "center" ? x - width / 2 : x + pad;
    left = Math.min(Math.max(left, u.bbox.left + pad), u.bbox.left + u.bbox.width - width - pad);
    ctx.globalAlpha = 0.85;
    ctx.fillStyle = paper;
    ctx.fillRect(left - pad, y - height / 2, width + 2 * pad, height);
    ctx.globalAlpha = 1;
    ctx.fillStyle = colour;
    ctx.textAlign = "left";
    ctx.fillText(text, left, y);
    ctx.restore();
  };

  const lines = (u, data, quantity, reading, c) => {
    const ctx = u.ctx, { left, width } = u.bbox;
    data.lines.filter((line) => line.quantity === quantity).forEach((line) => {
      const y = Math.round(u.valToPos(line.value, "y", true));
      ctx.save();
      ctx.strokeStyle = c.ink;
      ctx.lineWidth = 1.5 * devicePixelRatio;
      ctx.setLineDash(DASHES.get(line.name).map((d) => d * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      ctx.restore();
      const said = `${reading.word(`line.${line.name}`)} ${line.exact ? "" : "≈ "}${reading.percent(line.value)}`;
      const lower = line.value > 50 ? 10 : -10;
      plate(u, said, left, y + lower * devicePixelRatio, c.ink, c.paper);
    });
  };

  const shape = (ctx, kind, x, y, r) => {
    ctx.beginPath();
    if (kind === "up" || kind === "down") {
      const s = kind === "up" ? 1 : -1;
      ctx.moveTo(x, y - s * r);
      ctx.lineTo(x + r, y + s * r * 0.8);
      ctx.lineTo(x - r, y + s * r * 0.8);
      ctx.closePath();
    } else if (kind === "diamond") {
      ctx.moveTo(x, y - r); ctx.lineTo(x + r, y); ctx.lineTo(x, y + r); ctx.lineTo(x - r, y); ctx.closePath();
    } else if (kind === "square") {
      ctx.rect(x - r * 0.8, y - r * 0.8, r * 1.6, r * 1.6);
    } else if (kind === "cross") {
      ctx.moveTo(x - r * 0.8, y - r * 0.8); ctx.lineTo(x + r * 0.8, y + r * 0.8);
      ctx.moveTo(x + r * 0.8, y - r * 0.8); ctx.lineTo(x - r * 0.8, y + r * 0.8);
    } else {
      ctx.arc(x, y, r * 0.85, 0, 2 * Math.PI);
    }
  };

  const DOSES = new Map([
    ["observed", ["up", true]], ["given", ["up", true]], ["reported", ["down", true]], ["missed", ["circle", false]], ["refused", ["circle", false]],
    ["no_word", ["square", false]], ["planned", ["up", false]], ["skipped", ["cross", false]], ["moved", ["cross", false]], ["what_if", ["diamond", true]],
  ]);
  // A shape and whether it is filled; what did not happen or is over is hollow.
  const look = (mark) => {
    if (mark.lane === "dose") {
      if (mark.status === "held") return mark.kind === "planned_dose" ? ["cross", false] : ["circle", false];
      return DOSES.get(mark.status) || ["square", true];
    }
    const v = mark.values;
    if (mark.lane === "urine") return ["square", Object.values(v.results || {}).includes("positive")];
    if (mark.lane === "alarm") return ["diamond", mark.status === "open"];
    if (mark.lane === "challenge") return ["square", v.result === "positive"];
    if (mark.lane === "level") return ["circle", !v.below_limit];
    if (mark.lane === "surgery") return ["diamond", mark.kind === "surgery" || mark.kind === "surgery_planned"];
    return ["circle", mark.status !== "absent"];
  };

  const mark = (u, x, y, [kind, filled], colour, paper, r = 5) => {
    const ctx = u.ctx;
    ctx.save();
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.strokeStyle = colour;
    ctx.fillStyle = filled ? colour : paper;
    shape(ctx, kind, x, y, r * devicePixelRatio);
    if (kind !== "cross") ctx.fill();
    ctx.stroke();
    ctx.restore();
  };

  const within = (u, x) => x >= u.bbox.left - 4 && x <= u.bbox.left + u.bbox.width + 4;

  // Levels measured, on their own curve.
  const ANALYTES = new Map([["conc_ntx", "naltrexone"], ["conc_6bn", "6_beta_naltrexol"]]);
  const levels = (u, data, quantity, c) => {
    data.events.filter((e) => e.lane === "level" && e.values.matrix === "plasma" && e.values.analyte === ANALYTES.get(quantity)).forEach((e) => {
      const value = e.values.below_limit ? e.values.limit_ng_per_ml : e.values.value_ng_per_ml;
      const x = u.valToPos(e.t, "x", true), y = u.valToPos(Math.max(value, LEAST_LEVEL), "y", true);
      if (within(u, x)) mark(u, x, y, [e.values.below_limit ? "down" : "circle", !e.values.below_limit], c.ink, c.paper);
    });
  };

  const lanes = (u, data, shown, c) => {
    data.events.forEach((e) => {
      const x = u.valToPos(e.t, "x", true);
      if (!within(u, x)) return;
      const y = u.valToPos(shown.indexOf(e.lane), "y", true);
      const colour = e.lane === "alarm" && e.status === "open" ? c.alarm : c.ink;
      mark(u, x, y, look(e), colour, c.paper, 4.5);
    });
  };

  // The cautious end of protection, on its line.
  const until = (u, data, quantity, reading, c, tight) => {
    const stated = data.stated.find((s) => s.name === "protected_until_at_least" && s.scenario === "nothing_more");
    if (!stated || stated.at === null || quantity !== `blocked_${stated.endpoint}`) return;
    const x = upright(u, stated.at, c.ink, 1, [2, 3]);
    if (x === null) return;
    mark(u, x, u.valToPos(stated.blocked_percent, "y", true), ["diamond", true], c.ink, c.paper, 6);
    const room = x > u.bbox.left + u.bbox.width * 0.6 ? "right" : "left";
    const said = tight ? reading.word("until.short", { time: reading.brief.format(stated.at * 1000) }) : reading.word("until", { time: reading.at(stated.at) });
    plate(u, said, x, u.bbox.top + u.bbox.height * 0.6, c.ink, c.paper, room);
  };

  return { HOUR, DAY, Reading, columns, colours, font, ahead, upright, plate, lines, levels, lanes, until, look, mark, shape };
})();
