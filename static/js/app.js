// @ts-check
// The page's own comforts: theme, projector view, keys, tabs, progress. What the
// lessons are about is in live.js and world.js.
import { startLive } from "./live.js";

const root = document.documentElement;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

/** Web storage that may be closed or full. */
export const memory = {
  get(key, otherwise) {
    try {
      return JSON.parse(localStorage.getItem("cookielab." + key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  },
  set(key, value) {
    try {
      localStorage.setItem("cookielab." + key, JSON.stringify(value));
    } catch {
      // Nothing is lost but the memory of it.
    }
  },
};

function prefer(change) {
  memory.set("prefs", { ...memory.get("prefs", {}), ...change });
}

function toggleTheme() {
  const dark = root.dataset.theme
    ? root.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  prefer({ theme: root.dataset.theme });
}

function toggleClass() {
  const on = root.dataset.view !== "class";
  if (on) root.dataset.view = "class";
  else delete root.dataset.view;
  prefer({ view: on ? "class" : "" });
  showClass();
}

function showClass() {
  $('[data-tool="class"]')?.setAttribute("aria-pressed", String(root.dataset.view === "class"));
}

function zoom(step) {
  const now = Number(getComputedStyle(root).getPropertyValue("--scale")) || 1;
  const next = Math.min(2, Math.max(0.8, Math.round((now + step) * 10) / 10));
  root.style.setProperty("--scale", String(next));
  prefer({ scale: next });
}

const sheet = /** @type {HTMLDialogElement} */ ($("#keys"));
const tools = {
  theme: toggleTheme,
  class: toggleClass,
  smaller: () => zoom(-0.1),
  larger: () => zoom(0.1),
  keys: () => sheet.showModal(),
};
for (const button of $$("[data-tool]")) button.addEventListener("click", () => tools[button.dataset.tool]());
$("[data-close]", sheet).addEventListener("click", () => sheet.close());
const off = /** @type {HTMLInputElement} */ ($("[data-keys-off]"));
off.checked = Boolean(memory.get("prefs", {}).keysOff);
off.addEventListener("change", () => prefer({ keysOff: off.checked }));
showClass();

/** Keys speak to the page only: not inside fields, not with Ctrl, Alt or Meta. */
const keys = {
  ArrowRight: () => $('[data-nav="next"]')?.click(),
  ArrowLeft: () => $('[data-nav="prev"]')?.click(),
  r: () => ($("[data-turn]") ?? $("[data-actions] .run"))?.click(),
  c: toggleClass,
  "+": () => zoom(0.1),
  "=": () => zoom(0.1),
  "-": () => zoom(-0.1),
  ",": () => $('[data-frame="back"]')?.click(),
  ".": () => $('[data-frame="forward"]')?.click(),
  "?": () => sheet.showModal(),
  1: () => choose(0),
  2: () => choose(1),
  3: () => choose(2),
  4: () => choose(3),
};

function choose(n) {
  const option = $$("[data-guess] input")[n];
  option?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") root.dataset.tipsOff = "";
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || sheet.open) return;
  const at = /** @type {HTMLElement} */ (event.target);
  const radio = at instanceof HTMLInputElement && at.type === "radio";
  if (at.isContentEditable || (!radio && at.matches("input, select, textarea"))) return;
  if (event.key.startsWith("Arrow") && (radio || at.matches('[role="tab"], pre, [role="slider"]'))) return;
  if (event.key !== "?" && off.checked) return;
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
// A tip that Escape put away comes back with the next movement.
for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, () => delete root.dataset.tipsOff);

for (const tabs of $$("[data-tabs]")) {
  const all = $$('[role="tab"]', tabs);
  const show = (tab) => {
    for (const each of all) {
      each.setAttribute("aria-selected", String(each === tab));
      each.tabIndex = each === tab ? 0 : -1;
      $("#" + each.getAttribute("aria-controls")).hidden = each !== tab;
    }
  };
  tabs.addEventListener("click", (event) => {
    const tab = /** @type {HTMLElement} */ (event.target).closest('[role="tab"]');
    if (tab) show(tab);
  });
  tabs.addEventListener("keydown", (event) => {
    const at = all.indexOf(event.target);
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (at < 0 || !move) return;
    const next = all[(at + move + all.length) % all.length];
    show(next);
    next.focus();
  });
  show(all[0]);
}

/** The steps that this browser has done. */
export function markDone(step) {
  const done = memory.get("done", {});
  done[step] = 1;
  memory.set("done", done);
  showDone();
}

function showDone() {
  const done = memory.get("done", {});
  for (const dot of $$("[data-step-id]")) {
    if (done[dot.dataset.stepId]) dot.dataset.done = "";
  }
}
showDone();

const record = $("[data-record]");
startLive({ record: record && JSON.parse(record.textContent), markDone, memory });
