// The blockade chart over the patient's timeline: by pointer, by keyboard, with what-ifs.
// Needs uPlot, chart_drawing.js and chart_what_if.js before it. Nothing inline: the page's policy allows no such thing.
"use strict";
(() => {
  const draw = AntagonistDrawing, { HOUR, DAY } = draw;
  const TIGHT_PX = 560;
  const STEPS = new Map([["ArrowLeft", -HOUR], ["ArrowRight", HOUR], ["ArrowUp", DAY], ["ArrowDown", -DAY], ["PageUp", 7 * DAY], ["PageDown", -7 * DAY]]);

  const made = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };

  class BlockadeChart {
    constructor(figure) {
      this.figure = figure;
      this.quantity = figure.dataset.quantity || "blocked_subjective";
      this.form = figure.id ? document.querySelector(`form.what-if[data-chart="${figure.id}"]`) : null;
      this.range = null; // of the axis; null = all
      this.at = null; // the moment read
      this.whatIf = this.form ? new AntagonistWhatIf(this.form, () => this.ask()) : null;
      this.ask();
    }

    // The figures, with what the form asks. Only the answer to the last question counts.
    async ask() {
      if (this.asking) this.asking.abort();
      const asking = this.asking = new AbortController();
      const fields = this.whatIf ? this.whatIf.fields() : null;
      const source = new URL((fields && this.form.dataset.src) || this.figure.dataset.src, location.href);
      const options = { signal: asking.signal, credentials: "same-origin", headers: { Accept: "application/json" }, cache: "no-store" };
      if (fields) {
        fields.set("quantity", this.quantity);
        const token = document.querySelector('meta[name="csrf-token"]');
        if (token) options.headers["X-CSRF-Token"] = token.content;
        options.method = "POST";
        options.body = fields;
      } else {
        source.searchParams.set("quantity", this.quantity);
      }
      this.figure.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(source, options);
        if (!answer.ok) throw new Error(String(answer.status));
        this.show(await answer.json());
        this.figure.removeAttribute("aria-busy");
      } catch (error) {
        if (error.name === "AbortError") return;
        this.figure.removeAttribute("aria-busy");
        this.failed();
      }
    }

    failed() {
      const text = this.figure.dataset.failed || (this.reading ? this.reading.word("failed") : "");
      if (!this.readout) { this.readout = made("p", { class: "chart-readout", role: "status" }); this.figure.append(this.readout); }
      this.readout.textContent = text;
    }

    show(data) {
      const first = !this.main;
      this.data = data;
      this.series = new Map(Object.entries(data.series)); // by quantity
      this.reading = new draw.Reading(data.zone, data.words);
      if (this.at === null) this.at = data.at;
      this.shown = data.lanes.filter((lane) => data.events.some((e) => e.lane === lane));
      if (first) this.build();
      if (first) this.range = this.around(Number(this.figure.dataset.shown || (this.width() < TIGHT_PX ? 30 : 0)));
      const columns = draw.columns(data, this.series.get(this.quantity));
      const asked = [data.grid.start, data.grid.count, this.quantity, this.shown.join()].join();
      if (!this.main || asked !== this.drawn) this.plots(columns); else { this.main.setData(columns, false); this.lane.setData(this.laneData(), false); this.main.redraw(false); this.lane.redraw(false); this.fit(); }
      this.drawn = asked;
      this.message();
      if (this.whatIf) this.whatIf.show(data, this.reading);
      this.rows();
      this.moveTo(this.at);
    }

    // Elements around the canvases, once.
    build() {
      const word = (key) => this.reading.word(key);
      this.figure.querySelectorAll(".chart-still").forEach((still) => { still.hidden = true; });
      const select = made("select", { class: "chart-quantity" });
      for (const name of this.data.quantities) select.append(made("option", { value: name }, word(`quantity.${name}`)));
      select.value = this.quantity;
      select.addEventListener("change", () => { this.quantity = select.value; this.ask(); });
      const label = this.choice = made("label", { class: "chart-choice" }, made("span", {}, word("quantity")), select);
      const zoom = made("div", { class: "chart-zoom", role: "group", "aria-label": word("zoom") });
      for (const days of (this.figure.dataset.zoom || "14,30,90,0").split(",").map(Number)) {
        if (days * DAY >= this.data.grid.step * (this.data.grid.count - 1)) continue;
        const button = made("button", { type: "button", class: "second", "aria-pressed": "false", "data-days": days }, word(`zoom.${days}`));
        button.addEventListener("click", () => this.zoom(days));
        zoom.append(button);
      }
      this.zooms = zoom;
      this.place = made("div", { class: "chart-canvas" });
      this.under = made("div", { class: "chart-lanes" });
      this.pad = made("div", { class: "chart-pad", tabindex: "0", role: "slider", "aria-label": this.figure.dataset.label || word(`quantity.${this.quantity}`), "aria-orientation": "horizontal" }, this.place, this.under);
      this.readout = made("div", { class: "chart-readout", "aria-live": "polite" });
      const hint = this.hint = made("p", { class: "chart-hint", id: `${this.figure.id || "chart"}-hint` }, word("readout.hint"));
      this.pad.setAttribute("aria-describedby", hint.id);
      this.note = made("p", { class: "chart-note" });
      this.legend = made("ul", { class: "chart-legend" });
      this.figure.append(made("div", { class: "chart-tools" }, label, zoom), this.note, this.pad, this.readout, this.legend, hint);
      this.pad.addEventListener("keydown", (event) => this.key(event));
      // The slider's own text is spoken then; twice would be too much.
      this.pad.addEventListener("focus", () => this.readout.setAttribute("aria-live", "off"));
      this.pad.addEventListener("blur", () => this.readout.setAttribute("aria-live", "polite"));
      new ResizeObserver(() => this.resize()).observe(this.pad);
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { this.drawn = ""; this.show(this.data); });
    }

    width() { return Math.max(Math.floor(this.pad.clientWidth), 240); }
    heights() { return [this.width() < TIGHT_PX ? 230 : 300, 22 * Math.max(this.shown.length, 1) + 34]; }

    resize() {
      if (!this.main || this.main.width === this.width()) return;
      const [high, low] = this.heights();
      if (this.width() < TIGHT_PX !== this.tight) { this.plots(this.main.data); this.fit(); return; }
      this.main.setSize({ width: this.width(), height: high });
      this.lane.setSize({ width: this.width(), height: low });
    }

    laneData() { const x = this.data.grid; return [[x.start, x.start + x.step * (x.count - 1)], [null, null]]; }

    // Both plots anew: for another quantity, other lanes, another size of letters.
    plots(columns) {
      for (const plot of [this.main, this.lane]) if (plot) plot.destroy();
      const c = this.colours = draw.colours(this.figure), data = this.data, reading = this.reading;
      this.tight = this.width() < TIGHT_PX;
      const series = this.series.get(this.quantity), level = series && series.unit !== "%";
      const edge = (dash) => ({ stroke: c.curve, width: 1, dash, points: { show: false } });
      const letters = draw.font(this.tight ? 11 : 12).replace(/[\d.]+px/, `${this.tight ? 11 : 12}px`);
      const side = this.side(letters);
      const [high, low] = this.heights();
      const decades = level ? { filter: (u, splits) => splits.map((v) => (Number.isInteger(Math.log10(v)) ? v : null)) } : {};
      const time = (show) => ({ stroke: c.ink, font: letters, grid: { stroke: c.grid, width: 1 }, ticks: { show, stroke: c.grid }, size: show ? 30 : 6, splits: (u, _, from, until) => reading.ticks(from, until, (u.bbox.width / devicePixelRatio) / (this.tight ? 58 : 85)), values: (u, splits) => splits.map((t) => (show ? reading.tick(t) : "")) });
      const x = { time: true, range: (u, from, until) => (this.range ? this.range : [data.grid.start, data.grid.start + data.grid.step * (data.grid.count - 1)]) };
      const cursor = { sync: { key: `chart-${this.figure.id}`, scales: ["x", null] }, y: false, drag: { x: true, y: false, setScale: false }, points: { show: false } };
      const common = (height) => ({ width: this.width(), height, legend: { show: false }, cursor, padding: [8, 8, 0, 0] });
      this.main = new uPlot({
        ...common(high),
        scales: { x, y: level ? { distr: 3, range: (u, min, max) => [0.01, Math.max(max || 1, 1) * 2] } : { range: [0, 103] } },
        axes: [time(false), { stroke: c.ink, font: letters, size: side, grid: { stroke: c.grid, width: 1, ...decades }, ticks: { stroke: c.grid, ...decades }, ...(level ? {} : { splits: () => [0, 20, 40, 60, 80, 100] }), values: (u, splits) => splits.map((v) => (v === null ? "" : level ? (Number.isInteger(Math.log10(v)) ? reading.digits.format(v) : "") : reading.whole.format(v / 100))) }],
        series: [{}, { stroke: c.curve, width: 2.5, points: { show: false } }, edge([4, 3]), edge([]), edge([]), edge([4, 3])],
        bands: [{ series: [5, 2], fill: c.wide }, { series: [4, 3], fill: c.narrow }],
        hooks: {
          drawClear: [(u) => draw.ahead(u, data.at, c.ahead)],
          draw: [(u) => this.over(u)],
          setCursor: [(u) => this.pointed(u)],
          setSelect: [(u) => this.selected(u)],
        },
      }, columns, this.place);
      this.lane = new uPlot({
        ...common(low),
        scales: { x, y: { dir: -1, range: [-0.5, Math.max(this.shown.length, 1) - 0.5] } },
        axes: [time(true), { stroke: c.ink, font: letters, size: side, grid: { show: false }, ticks: { show: false }, splits: () => this.shown.map((_, n) => n), values: (u, splits) => splits.map((n) => reading.word(`lane.${this.shown.at(n)}`)) }],
        series: [{}, { points: { show: false } }],
        hooks: {
          drawClear: [(u) => draw.ahead(u, data.at, c.ahead)],
          draw: [(u) => { draw.upright(u, this.data.at, c.ink); draw.lanes(u, this.data, this.shown, c); }],
          setCursor: [(u) => this.pointed(u)],
          setSelect: [(u) => this.selected(u)],
        },
      }, this.laneData(), this.under);
      this.key_();
    }

    // Room for the longest name of a lane: both plots keep the same, so their times stand in line.
    side(letters) {
      const ctx = document.createElement("canvas").getContext("2d");
      ctx.font = letters;
      return Math.ceil(Math.max(36, ...this.shown.map((lane) => ctx.measureText(this.reading.word(`lane.${lane}`)).width))) + 14;
    }

    over(u) {
      const c = this.colours, data = this.data;
      const now = draw.upright(u, data.at, c.ink);
      if (now !== null) draw.plate(u, this.reading.word("now"), now, u.bbox.top + 8 * devicePixelRatio, c.ink, c.paper, "right");
      draw.lines(u, data, this.quantity, this.reading, c);
      draw.levels(u, data, this.quantity, c);
      draw.until(u, data, this.quantity, this.reading, c, this.tight);
    }

    key_() {
      const item = (kind, text) => { const swatch = made("span", { class: `chart-swatch ${kind}`, "aria-hidden": "true" }); return made("li", {}, swatch, text); };
      const r = this.reading, marks = [["taken", "▲"], ["reported", "▼"], ["missed", "○"], ["no_word", "□"], ["planned", "△"]];
      this.legend.replaceChildren(item("median", r.word("median")), item("narrow", r.word("band_50")), item("wide", r.word("band_90")), item("ahead", r.word(this.data.what_if ? "asked" : "planned")),
        ...marks.map(([name, sign]) => made("li", {}, made("span", { class: "chart-sign", "aria-hidden": "true" }, sign), r.word(`key.${name}`))));
    }

    message() {
      const d = this.data, word = (key) => this.reading.word(key);
      const series = this.series.get(this.quantity);
      const ends = series && series.first + series.q50.length < d.grid.count;
      this.note.textContent = d.empty ? word(`empty.${d.empty}`) : ends ? word("curves_end") : "";
      this.note.hidden = !this.note.textContent;
      const nothing = Boolean(d.empty) && !d.events.length;
      for (const part of [this.pad, this.readout, this.legend, this.hint, this.zooms]) part.hidden = nothing;
      this.choice.hidden = !d.quantities.length;
      this.key_();
    }

    fit() {
      const g = this.data.grid, [min, max] = this.range || [g.start, g.start + g.step * (g.count - 1)];
      this.main.setScale("x", { min, max });
      this.lane.setScale("x", { min, max });
    }

    // So many days around now; 0 = all.
    around(days) {
      const g = this.data.grid, end = g.start + g.step * (g.count - 1), now = this.data.at;
      this.zooms.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", String(Number(b.dataset.days) === days)));
      return days ? [Math.max(now - 0.4 * days * DAY, g.start), Math.min(now + 0.6 * days * DAY, end)] : null;
    }

    zoom(days) {
      this.range = this.around(days);
      this.fit();
      this.moveTo(this.at);
    }

    selected(u) {
      if (!u.select.width || this.selecting) return;
      this.range = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
      this.selecting = true;
      for (const plot of [this.main, this.lane]) plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      this.selecting = false;
      this.zooms.querySelectorAll("button").forEach((b) => b.setAttribute("aria-pressed", "false"));
      this.fit();
    }

    pointed(u) {
      if (this.moving || u.cursor.left === undefined || u.cursor.left < 0 || !u.cursor.event) return;
      this.at = u.posToVal(u.cursor.left, "x");
      this.read(5 * (u.posToVal(1, "x") - u.posToVal(0, "x")));
    }

    key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const g = this.data.grid, end = g.start + g.step * (g.count - 1);
      let to = null;
      if (STEPS.has(event.key)) to = this.snapped() + STEPS.get(event.key);
      else if (event.key === "Home") to = g.start;
      else if (event.key === "End") to = end;
      else if (event.code === "KeyN") to = this.data.at;
      else if (event.code === "KeyE") to = this.next(event.shiftKey ? -1 : 1);
      if (to === null) return;
      event.preventDefault();
      this.moveTo(Math.min(Math.max(to, g.start), end), true);
    }

    // Hour steps stand on full hours of the grid, once somebody steps.
    snapped() { const g = this.data.grid; return g.start + Math.round((this.at - g.start) / g.step) * g.step; }

    next(direction) {
      const times = [...new Set(this.data.events.map((e) => e.t))].sort((a, b) => direction * (a - b));
      const found = times.find((t) => direction * (t - this.at) > 0);
      return found === undefined ? null : found;
    }

    moveTo(at, pan = false) {
      this.at = at;
      const g = this.data.grid;
      if (pan && this.range && (at < this.range[0] || at > this.range[1])) {
        const half = (this.range[1] - this.range[0]) / 2, end = g.start + g.step * (g.count - 1);
        const from = Math.min(Math.max(at - half, g.start), end - 2 * half);
        this.range = [from, from + 2 * half];
        this.fit();
      }
      this.moving = true;
      for (const plot of [this.main, this.lane]) plot.setCursor({ left: plot.valToPos(at, "x"), top: 0 }, false);
      this.moving = false;
      this.read(HOUR / 2);
    }

    // What the chart says of a moment, beside it and to the screen reader.
    read(near) {
      const d = this.data, r = this.reading, series = this.series.get(this.quantity), g = d.grid;
      const n = Math.round((this.at - g.start) / g.step), time = r.at(this.at);
      let text = r.word("readout.unknown", { time });
      if (series && n >= series.first && n < series.first + series.q50.length) {
        const value = (row) => r.value(row.at(n - series.first), series.unit);
        text = r.word("readout", { time, median: value(series.q50), q05: value(series.q05), q25: value(series.q25), q75: value(series.q75), q95: value(series.q95) });
        if (this.at > d.at) text += ` (${r.word(d.what_if ? "readout.what_if" : "readout.ahead")})`;
      }
      const events = d.events.filter((e) => Math.abs(e.t - this.at) <= Math.max(near, HOUR / 2)).map((e) => `${r.clocks.format(e.t * 1000)} ${e.text || e.kind}`);
      this.readout.replaceChildren(made("p", {}, text), ...(events.length ? [made("ul", {}, ...events.map((e) => made("li", {}, e)))] : []));
      const last = g.start + g.step * (g.count - 1);
      for (const [name, value] of [["aria-valuemin", g.start], ["aria-valuemax", last], ["aria-valuenow", Math.round(this.at)], ["aria-valuetext", [text, ...events].join("; ")]]) this.pad.setAttribute(name, value);
    }

    // The page's table of days follows the what-if.
    rows() {
      const table = this.figure.dataset.table ? document.getElementById(this.figure.dataset.table) : null;
      if (!table || !table.tBodies.length) return;
      const r = this.reading, p = (v) => r.percent(v);
      table.tBodies[0].replaceChildren(...this.data.days.map((day) => {
        const name = made("th", { scope: "row" }, r.dates.format(day.lowest_at * 1000));
        const cells = [p(day.median), `${p(day.lowest[1])} (${p(day.lowest[0])} – ${p(day.lowest[2])})`, r.clocks.format(day.lowest_at * 1000), r.word(`protected.${day.protected}`)];
        const row = made("tr", day.ahead ? { class: "ahead" } : {}, name, ...cells.map((text) => made("td", {}, text)));
        return row;
      }));
    }
  }

  const begin = (root) => root.querySelectorAll("figure.chart[data-src]").forEach((figure) => { if (!figure.dataset.begun) { figure.dataset.begun = "yes"; new BlockadeChart(figure); } });
  document.addEventListener("DOMContentLoaded", () => begin(document));
  document.addEventListener("htmx:afterSettle", (event) => begin(event.target.parentNode || document));
})();
