// Counts down to the time that stands on the page; without a script the clock time stands there.
"use strict";
(() => {
  let ticking = 0;
  const begin = () => {
    window.clearInterval(ticking);
    const box = document.querySelector("[data-left-s]");
    if (!box) return;
    const end = performance.now() + Number(box.dataset.leftS) * 1000;
    const live = document.getElementById("live");
    let said = false;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      const minutes = Math.floor(left / 60), seconds = String(left % 60).padStart(2, "0");
      box.textContent = `${minutes}:${seconds}`;
      // said once, at the end: a countdown read aloud would drown everything else
      if (left === 0 && !said) {
        said = true;
        window.clearInterval(ticking);
        box.textContent = box.dataset.over;
        if (live) live.textContent = box.dataset.over;
      }
    };
    box.hidden = false;
    tick();
    ticking = window.setInterval(tick, 500);
  };
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:afterSettle", begin);
})();
