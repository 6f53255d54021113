"use strict";
(() => {
  const slides = [...document.querySelectorAll(".slide")];
  const help = document.querySelector(".help");
  const at = () => Math.max(0, slides.findIndex((slide) => slide.classList.contains("now")));
  const show = (number, focus = true) => {
    const place = Math.min(slides.length - 1, Math.max(0, number));
    slides.forEach((slide, other) => slide.classList.toggle("now", other === place));
    help.classList.toggle("seen", place === 0);
    history.replaceState(null, "", `#${place + 1}`);
    if (focus) slides[place].focus({ preventScroll: true });
  };
  const ways = {
    ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1,
    ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Backspace: -1,
  };
  document.documentElement.classList.add("shown");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ways) show(at() + (event.shiftKey && event.key === " " ? -1 : ways[event.key]));
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(slides.length - 1);
    else if (event.key === "p") window.print();
    else return;
    event.preventDefault();
  });
  let start = null;
  document.addEventListener("touchstart", (event) => { start = event.touches[0].clientX; }, { passive: true });
  document.addEventListener("touchend", (event) => {
    const moved = event.changedTouches[0].clientX - start;
    if (Math.abs(moved) > 50) show(at() - Math.sign(moved));
  });
  window.addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1 || 0));
  show(Number(location.hash.slice(1)) - 1 || 0, false);
})();
