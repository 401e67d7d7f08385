// @ts-check
// Driving a room: the key, the requests, the keyboard. Used by the console, and by a
// stage opened from it.
import { $, ask, code, page, part, remember } from "./room.js";

const KEY = `cookielab.key.${code}`;

/** The driver's key. It comes in the URL's fragment, which is removed at once, and is kept in
 * this window's sessionStorage. */
export function key() {
  if (page.dataset.class === "console" && location.hash.length > 1) {
    remember("sessionStorage", KEY, decodeURIComponent(location.hash.slice(1)));
    history.replaceState(null, "", location.pathname + location.search);
  }
  return remember("sessionStorage", KEY) ?? "";
}

export const useKey = (text) => remember("sessionStorage", KEY, text);
export const bearer = () => ({ Authorization: `Bearer ${key()}` });

/** Change the room; returns the new moment, or null. */
export async function drive(body) {
  const response = await ask("/drive", { body, headers: bearer() });
  return response.ok ? response.json() : null;
}

export async function state() {
  const response = await ask("/state", { method: "GET", headers: bearer() });
  return response.ok ? response.json() : null;
}

/** The path that next and previous follow. The console's URL has it, and the stage opened from
 * the console uses the same. */
const PATH = `cookielab.path.${code}`;
function path() {
  if (page.dataset.class !== "console") return remember("localStorage", PATH) ?? "";
  const id = new URLSearchParams(location.search).get("path") ?? "";
  remember("localStorage", PATH, id || null);
  return id;
}

export const usePath = (id) => history.replaceState(null, "", location.pathname + (id && `?${new URLSearchParams({ path: id })}`));

/** The present step's part for the driver: the steps before and after it, its script. */
export async function fetchDesk() {
  return part(`/console/${code}/desk?${new URLSearchParams({ path: path() })}`, bearer());
}

/** The next action of the one button that leads through a step: ask, show what happened, go on. */
function turn(desk, { step, question }) {
  const options = $(".asked-options, [data-tally]", desk);
  if (step && options && question === "closed") return { question: "open" };
  if (step && question === "open") return { question: "revealed", ...lastFrame(desk) };
  const next = $("[data-next-step]", desk)?.dataset.nextStep;
  return next ? { step: next } : null;
}

/** The last frame of a step in the time machine; in a live step the frame of the instructor's own
 * browser, if it has been used. */
function lastFrame(desk) {
  const now = $("[data-desk-now]", desk);
  if (!now?.dataset.script || (now.dataset.liveStep === "true" && page.dataset.frameN !== "0")) return {};
  return { frame: frameOf(desk, JSON.parse(now.dataset.script).actions.length) };
}

export const frameOf = (desk, at) => ({ script: JSON.parse($("[data-desk-now]", desk).dataset.script), at });

/** Handle arrow keys and a presenter's clicker: PageDown goes on within the step, arrows go from
 * step to step. It runs before the page's own key handler, which also uses arrows. */
export function listen(moment) {
  document.addEventListener("keydown", async (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    if (/** @type {HTMLElement} */ (event.target).matches('input, select, textarea, summary, pre, [role="tab"], [role="slider"]')) return;
    const what = { ArrowRight: "next", ArrowLeft: "prev", PageDown: "turn", PageUp: "prev" }[event.key];
    if (!what) return;
    event.preventDefault();
    const desk = await fetchDesk();
    if (desk) await press(what, desk, moment());
  }, true);
}

/** Carry out what a button or key stands for. */
export async function press(what, desk, moment) {
  const go = (name) => {
    const step = $(`[data-${name}-step]`, desk)?.dataset[`${name}Step`];
    return step ? { step } : null;
  };
  const body = {
    next: () => go("next"),
    prev: () => go("prev"),
    turn: () => turn(desk, moment),
    free: () => ({ free: moment.free !== "true" }),
    open: () => ({ question: "open" }),
    closed: () => ({ question: "closed" }),
    revealed: () => ({ question: "revealed", ...lastFrame(desk) }),
    "no-frame": () => ({ frame: null }),
  }[what]();
  return body && drive(body);
}

const REST = 2050; // ms between requests of a page on which nobody does anything

/** How many students have solved a task, by the number of actions. */
export function ways(done) {
  const found = new Map();
  for (const d of done) if (d.holds === true) found.set(d.actions, (found.get(d.actions) ?? 0) + d.n);
  return [...found].sort(([a], [b]) => a - b);
}

/** Request in turn the wall and, with the key, the state: one request at a time, and none while
 * the page is hidden. If a live page polls too, its polls and these alternate. */
export function poll({ wall, states, answered }) {
  const counts = async () => {
    const now = await state();
    if (!now) return;
    states?.(now);
    if (!answered) return;
    answered.hidden = false;
    const sum = Object.values(now.answers).reduce((a, b) => a + b, 0);
    answered.replaceChildren(Object.assign(document.createElement("b"), { textContent: sum }), ` / ${now.seats}`);
  };
  let turns = 0;
  const ask = () => (key() && turns % 2 ? wall : counts)().catch(() => {});
  const next = () => (key() ? ask() : wall().catch(() => {}));
  const timer = setInterval(() => {
    if (document.hidden) return;
    turns++;
    next();
  }, REST);
  return {
    /** Called by the live page when it would poll: every other time the request is made here. */
    turn() {
      clearInterval(timer);
      return ++turns % 3 ? next() : null;
    },
  };
}
