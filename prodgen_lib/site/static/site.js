// Chinese queries, folds on paper, keys for what scrolls. Nothing here asks the network.
"use strict";

// The index holds words as jieba parts them; a query has no gaps. Take the longest known words.
function chineseWords(text) {
  const known = new Set([
    ...Object.keys(Search._index.terms),
    ...Object.keys(Search._index.titleterms),
  ]);
  const words = [];
  for (let start = 0; start < text.length; ) {
    let end = text.length;
    while (end > start + 1 && !known.has(text.slice(start, end))) end--;
    if (end > start + 1) words.push(text.slice(start, end));
    start = end;
  }
  return words.length ? words : [text];
}

if (document.documentElement.lang.startsWith("zh")) {
  // Sphinx names a stemmer for Chinese and brings the English one, which serves the Latin words.
  window.ChineseStemmer = function () {
    return new EnglishStemmer();
  };
  var splitQuery = (query) =>
    query
      .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
      .flatMap((word) => word.match(/\p{Script=Han}+|[^\p{Script=Han}]+/gu) ?? [])
      .flatMap((word) => (/\p{Script=Han}/u.test(word) ? chineseWords(word) : [word]));
}

// A page from a disk may not read its neighbours: titles alone are found then.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// On paper nothing can be unfolded.
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details:not([open])").forEach((fold) => {
    fold.open = true;
    fold.dataset.paper = "";
  });
});
window.addEventListener("afterprint", () => {
  document.querySelectorAll("details[data-paper]").forEach((fold) => (fold.open = false));
});

// What lies in a fold opens when an address leads to it, and an exercise when one leads to its head.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const box = target?.closest("section")?.querySelector(":scope > details.exercise");
  let fold = target?.closest("details") ?? box;
  for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
}
window.addEventListener("hashchange", unfold);

// What is too wide scrolls, and must be reached by the keyboard, too.
function reach() {
  document.querySelectorAll("pre, .table-wrapper, .math").forEach((box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
}
window.addEventListener("resize", reach);
document.addEventListener("toggle", reach, true);
document.addEventListener("change", reach);
document.addEventListener("DOMContentLoaded", () => {
  const chinese = document.documentElement.lang.startsWith("zh");
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", chinese ? "全站" : "Site");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", chinese ? "本页" : "Page");
  unfold();
  reach();
});
