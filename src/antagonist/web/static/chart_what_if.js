// The what-if beside the chart: asks a moment after the last change, and says what it changes.
"use strict";
class AntagonistWhatIf {
  // form: its fields go to the server as they are. ask: called when they changed.
  constructor(form, ask) {
    const WAIT_MS = 120;
    this.form = form;
    form.addEventListener("input", (event) => {
      // What is only asked is no change that the page would lose.
      event.stopPropagation();
      form.dataset.asked = "yes";
      this.outputs();
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(ask, WAIT_MS);
    });
    form.addEventListener("reset", () => window.setTimeout(() => { form.dataset.asked = "no"; this.outputs(); ask(); }, 0));
    // Before any other listener: nothing is sent, so nothing is on its way.
    window.addEventListener("submit", (event) => {
      if (event.target !== form) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.dataset.asked = "yes";
      ask();
    }, true);
    form.querySelectorAll("[data-without-script]").forEach((element) => { element.hidden = true; });
  }

  // What is asked; null = nothing.
  fields() { return this.form.dataset.asked === "yes" ? new URLSearchParams(new FormData(this.form)) : null; }

  // Beside each slider, what it says.
  outputs() {
    if (!this.reading) return;
    this.form.querySelectorAll("output[for]").forEach((output) => {
      const input = document.getElementById(output.getAttribute("for"));
      if (input) output.textContent = this.reading.word(output.dataset.unit || "days", { n: this.reading.digits.format(Number(input.value)) });
    });
  }

  // data: the chart. reading: numbers and words of the page.
  show(data, reading) {
    this.reading = reading;
    this.outputs();
    const place = this.form.querySelector("[data-result]"), result = data.what_if;
    if (!place) return;
    const lines = result ? [...this.shares(result), ...result.moved.map((m) => this.moved(m)), ...this.surgery(result.surgery, data.at)] : [];
    if (result && result.without_effect.length) lines.push(reading.word("without_effect"));
    place.replaceChildren(...lines.map((text) => { const p = document.createElement("p"); p.textContent = text; return p; }));
  }

  shares(result) {
    if (!result.protected_share) return [];
    const [before, after] = result.protected_share.map((share) => this.reading.percent(100 * share));
    return [this.reading.word("share", { before, after })];
  }

  moved(m) {
    const r = this.reading, scenario = r.word(`scenario.${m.scenario}`);
    const state = (s) => r.word(`state.${s.state}`, { time: r.at(s.at === null ? s.looked_until : s.at), since: r.at(s.since) });
    if (m.hours === null) return r.word("moved.state", { scenario, before: state(m.before), after: state(m.after) });
    const size = Math.abs(m.hours), unit = size >= 48 ? "days" : "hours";
    const span = r.word(unit, { n: new Intl.NumberFormat(r.lang, { maximumFractionDigits: 1 }).format(unit === "days" ? size / 24 : size) });
    const how = size < 0.05 ? "same" : m.hours > 0 ? "later" : "earlier";
    return r.word(`moved.${how}`, { scenario, span, before: r.at(m.before.at), after: r.at(m.after.at) });
  }

  surgery(found, now) {
    if (!found) return [];
    const r = this.reading, lines = [];
    if (found.why_not) lines.push(r.word(`why_not.${found.why_not}`));
    if (found.hold !== null) lines.push(r.word(found.hold < now ? "hold.past" : "hold", { time: r.at(found.hold) }));
    if (found.opioids_may_work !== null) lines.push(r.word("opioids_may_work", { time: r.at(found.opioids_may_work) }));
    return lines;
  }
}
