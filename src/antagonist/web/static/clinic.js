// What the pages gain from a script; each of them works without.
"use strict";
(() => {
  const live = () => document.getElementById("live");
  const say = (text) => { const box = live(); if (box) box.textContent = text; };

  // A form on its way is not sent twice; the server would record it once anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sending === "yes") { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sending = "yes";
    form.setAttribute("aria-busy", "true");
    window.setTimeout(() => release(form), 30000);
  }, true);
  const release = (form) => { delete form.dataset.sending; form.removeAttribute("aria-busy"); };

  // No connection: what was typed stays where it is, and the same key is sent again.
  const failed = (event) => {
    const form = event.target.closest ? event.target.closest("form") : null;
    if (form) release(form);
    const text = document.body.dataset.notSent;
    let box = document.getElementById("not-sent");
    if (!box) {
      box = document.createElement("p");
      box.id = "not-sent";
      box.className = "errors";
      box.setAttribute("role", "alert");
      (form || document.getElementById("main")).prepend(box);
    }
    box.textContent = text;
  };
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, failed);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest ? event.target.closest("form") : null;
    if (form) release(form);
  });
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) event.detail.headers["X-CSRF-Token"] = token.content;
  });

  // Errors come to the eye and to the screen reader.
  const toErrors = () => { const box = document.getElementById("errors"); if (box) box.focus(); };
  document.addEventListener("htmx:afterSettle", toErrors);
  document.addEventListener("DOMContentLoaded", toErrors);
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
    document.querySelectorAll("form[data-sending]").forEach(release);
  });

  // After the time without use the page is emptied, since it may show a patient.
  let timer = 0;
  const begin = () => {
    const idle = Number(document.body.dataset.idleS || 0);
    window.clearTimeout(timer);
    if (idle > 0) timer = window.setTimeout(empty, idle * 1000);
  };
  const empty = () => {
    const words = document.body.dataset;
    const typed = document.querySelector("form[data-changed][method='post']");
    const text = document.createElement("p");
    text.setAttribute("role", "status");
    text.textContent = words.ended + (typed ? " " + words.kept : "");
    const on = document.createElement(typed ? "button" : "a");
    on.textContent = words.again;
    const shown = [text, on];
    if (typed) {
      // sent as it is: the server asks who it is, and keeps what was typed
      typed.hidden = true;
      on.type = "button";
      on.addEventListener("click", () => HTMLFormElement.prototype.submit.call(typed));
      shown.push(typed);
    } else {
      on.href = "/sign-in";
    }
    document.title = "Antagonist";
    document.querySelectorAll(".top nav, .top .who").forEach((part) => part.remove());
    document.getElementById("main").replaceChildren(...shown);
  };
  document.addEventListener("input", (event) => {
    const form = event.target.closest ? event.target.closest("form") : null;
    if (form) form.dataset.changed = "yes";
  });
  for (const name of ["DOMContentLoaded", "htmx:afterSettle", "keydown", "pointerdown"]) document.addEventListener(name, begin);

  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-print]") : null;
    if (button) window.print();
  });
})();
