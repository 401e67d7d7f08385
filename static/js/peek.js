// @ts-check
// Peek: while a key or a button is held, a cover shows the panels as they were before,
// with the differences marked. The panels below it do not change.
import { $, $$, addWord, countdowns, differences, ghostOf, putGhost, root, showChanges } from "./panels.js";

let before = null;
let sheet = null; // the cover, while it is shown

/** Set the panels to compare with, or null. */
export function holdFrom(panels) {
  release();
  before = panels;
  root.toggleAttribute("data-peekable", Boolean(before));
}

function hold() {
  const now = $("[data-panels]");
  if (sheet || !before || now?.getAttribute("aria-busy") === "true") return;
  const was = /** @type {HTMLElement} */ (before.cloneNode(true));
  const told = mark(was, now);
  countdowns(was, Date.parse(was.dataset.at));
  sheet = document.createElement("div");
  sheet.className = "peek";
  sheet.dataset.peeking = "";
  sheet.setAttribute("aria-hidden", "true");
  sheet.inert = true;
  const says = document.createElement("p");
  says.className = "peek-says";
  says.textContent = told.length ? now.dataset.wordBefore : now.dataset.wordSame;
  const parts = [...was.children].filter((e) => e.matches(".trio, .panel.wire"));
  for (const name of ["world", "beside"]) sheet.classList.toggle(name, was.classList.contains(name));
  sheet.append(says, ...parts);
  asOnPage(parts, now);
  cover(now);
  document.body.append(sheet);
  showChanges(sheet);
  $("[data-peek-said]", now).textContent = [says.textContent, ...told].join(" ");
}

/** Mark in the previous panels what became of each thing. */
function mark(was, now) {
  const told = [];
  for (const e of $$(".change-word, [data-ghost]", was)) e.remove(); // of what came before it
  for (const e of $$("[data-change]", was)) delete e.dataset.change;
  const { wordGone, wordLater, wordThen, wordChanged } = now.dataset;
  for (const each of differences(was, now)) {
    const { thing, kind, fact } = each;
    if (kind === "same") continue;
    const word = { gone: wordGone, new: wordLater, changed: fact === "value" ? wordThen.replace("{value}", short(each.is.dataset.value)) : wordChanged }[kind];
    if (kind === "new") putGhost(each, ghostOf(each, word), was);
    else {
      each.was.dataset.change = kind;
      addWord(thing, each.was, fact, word);
    }
    told.push(`${(each.was ?? each.is).dataset[thing === "cookie" ? "name" : "key"]}: ${word}.`);
  }
  return told;
}

const short = (text) => (text.length > 24 ? text.slice(0, 12) + "…" + text.slice(-4) : text);

/** Hide the cover from scripts, and show the same panel on it as on the page. */
function asOnPage(parts, now) {
  const away = $$("[data-panel][data-away]", now).map((panel) => panel.dataset.browser ?? panel.dataset.panel);
  for (const panel of parts.flatMap((part) => (part.matches("[data-panel]") ? [part] : $$("[data-panel]", part)))) {
    panel.classList.toggle("peek-away", away.includes(panel.dataset.browser ?? panel.dataset.panel));
  }
  for (const e of parts.flatMap((part) => [part, ...$$("*", part)])) {
    for (const name of e.getAttributeNames()) if (name === "id" || (name.startsWith("data-") && !["data-change", "data-ghost"].includes(name))) e.removeAttribute(name);
  }
}

/** Cover the panels exactly, whatever their size. */
function cover(now) {
  const boxes = [$(".trio", now), ...$$(":scope > .panel.wire", now)].map((e) => e.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top));
  Object.assign(sheet.style, {
    left: `${boxes[0].left + scrollX}px`, top: `${top + scrollY}px`, width: `${boxes[0].width}px`,
    minHeight: `${Math.max(...boxes.map((box) => box.bottom)) - top}px`,
  });
}

function release() {
  sheet?.remove();
  if (sheet) $("[data-peek-said]").textContent = "";
  sheet = null;
}

const button = (event) => /** @type {Element} */ (event.target).closest?.("[data-peek]");
let held = false; // with the button; the click that follows is then ignored

document.addEventListener("peek", hold);
document.addEventListener("pointerdown", (event) => {
  if (!button(event) || event.button !== 0) return;
  held = true;
  hold();
});
document.addEventListener("keydown", (event) => {
  if (!button(event) || ![" ", "Enter"].includes(event.key)) return;
  held = true;
  hold();
});
// A click, or a tap, turns it on and off.
document.addEventListener("click", (event) => {
  if (!button(event)) return;
  if (!held) sheet ? release() : hold();
  held = false;
});
document.addEventListener("contextmenu", (event) => button(event) && event.preventDefault());
for (const kind of ["pointerup", "pointercancel", "keyup", "visibilitychange"]) document.addEventListener(kind, release);
for (const kind of ["blur", "pagehide", "resize"]) addEventListener(kind, release);
