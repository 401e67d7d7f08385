// @ts-check
// The time machine: a script of actions, played by the server on simulated
// browsers, and its frames, drawn. Stepping puts a drawn frame in its place and
// fetches nothing, unless the script is so long that only the frames around the
// one on show are drawn; acting sends the script, one action longer.
import { ask } from "./lib/ask.js";
import { linkTo, momentOf } from "./lib/link.js";
import { $, $$, address, arrive, axis, buttons, countdowns, dragNow, drawGoal, frameButton, grained, guess, leaveGhosts, markButtons, markChanges, moveNow, reveal, root, say, stepDone, swap } from "./panels.js";

const stage = $("[data-stage]");
const lesson = JSON.parse(stage.dataset.script);
const from = () => lesson.from ?? []; // what leads to where the step or task starts
const LONGEST = 1e9; // seconds that one action may wait

let script = []; // the actions
let frames = []; // frames[n] stands after action n; frame 0 is the empty world
let at = 0;
let verdict = "";
let actor = "A";
let busy = false;
let playing = 0;
let livePanels = null; // what the live page showed, to come back to

// --- the address: a link to every moment -------------------------------------

let written = []; // when the address was, of late
let unwritten = 0;

/** Browsers forbid to write the address more than a hundred times in half a minute:
 * who steps faster than that finds it written when the hurry is over. */
function remember() {
  clearTimeout(unwritten);
  const now = performance.now();
  written = written.filter((then) => now - then < 30000);
  if (written.length < 60) write();
  else unwritten = setTimeout(write, 1000);
}

function write() {
  clearTimeout(unwritten);
  written.push(performance.now());
  const fragment = linkTo({ l: stage.dataset.lesson + "/" + stage.dataset.step, a: script, f: at });
  history.replaceState(null, "", location.pathname + location.search + fragment);
}

// --- playing ------------------------------------------------------------------

/** The answer of the server, with frame n and those around it drawn. */
const play = (actions, n) => ask(`/${root.lang}/play`, {
  lesson: stage.dataset.lesson,
  step: stage.dataset.step,
  task: stage.dataset.task,
  guess: guess(),
  at: n,
  actions,
});

/** Play a script, show its frame n, and mark what that frame changed. */
async function load(actions, n) {
  const answer = await play(actions, n);
  if (root.dataset.mode !== "world") return; // who has left meanwhile is not taken back
  script = actions;
  frames = answer.frames;
  verdict = answer.verdict;
  drawLifetimes(answer.lifetimes);
  drawActors(answer.browsers);
  show(Math.min(n, frames.length - 1));
}

/** Have frame n drawn, and those around it. */
async function draw(n) {
  const whole = frames;
  const answer = await play(script, n);
  if (frames !== whole) return; // another script has been played meanwhile
  answer.frames.forEach((frame, i) => frame.html && Object.assign(whole[i], frame));
}

/** What stands before the next action: up to here, and of a task its start at least. */
const upToHere = () => (stage.dataset.task && at < from().length ? from() : script.slice(0, at));

async function act(action, before = upToHere()) {
  if (busy) return;
  busy = true;
  stop();
  const panels = $("[data-panels]");
  panels.setAttribute("aria-busy", "true");
  const past = before.length < script.length;
  const next = [...before, action];
  try {
    await load(next, next.length);
    $("[data-branch]").hidden = !past || root.dataset.mode !== "world";
    reveal();
  } catch (error) {
    placeNow();
    return tell(error);
  } finally {
    busy = false;
    panels.setAttribute("aria-busy", "false");
  }
  tellWay(true);
}

/** Play a task again from its start, or without its last action. */
function again(actions) {
  if (!busy) load(actions, actions.length).then(() => tellWay(false)).catch(tell);
}

const undo = () => again(script.slice(0, Math.max(from().length, at - 1)));

// --- showing ------------------------------------------------------------------

const parsed = new Map();
function drawing(n) {
  if (!parsed.has(frames[n])) {
    parsed.set(frames[n], part(frames[n].html));
    if (parsed.size > 40) parsed.delete(parsed.keys().next().value);
  }
  return /** @type {HTMLElement} */ (parsed.get(frames[n]));
}

/** The panels of the frame before frame n, or null if there are none drawn. */
const before = (n) => (frames[n - 1]?.html ? drawing(n - 1) : null);

/** A part of the page, out of its HTML. */
function part(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return /** @type {HTMLElement} */ (holder.content.firstElementChild);
}

function show(n) {
  at = Math.max(0, Math.min(n, frames.length - 1));
  const panels = /** @type {HTMLElement} */ (drawing(at).cloneNode(true));
  const old = before(at);
  if (old) {
    markChanges(old, panels);
    leaveGhosts(old, panels);
  }
  const judged = at === frames.length - 1 ? verdict : "";
  if (judged) $('[data-fragment="verdict"]', panels).innerHTML = part(judged).innerHTML;
  const moment = Date.parse(frames[at].at);
  countdowns(panels, moment);
  countdowns(picture(), moment);
  const past = at < frames.length - 1;
  $("[data-past]", panels).hidden = !past;
  root.classList.toggle("looking-back", past);
  swap(panels);
  if (frames[at].goal) drawGoal(part(frames[at].goal));
  placeNow();
  drawFrames();
  drawButtons();
  if (judged) stepDone();
  remember();
}

const tell = (error) => root.dataset.mode === "world" && say(String(error.message ?? error));

let listed = null; // the frames that have buttons
function drawFrames() {
  const list = $("[data-frames]");
  if (listed !== frames) {
    list.replaceChildren(...frames.map((frame, n) => {
      const item = document.createElement("li");
      const button = frameButton(n || "", frame);
      button.dataset.n = String(n);
      item.append(button);
      return item;
    }));
    listed = frames;
  }
  $("[aria-current]", list)?.removeAttribute("aria-current");
  $(`[data-n="${at}"]`, list)?.setAttribute("aria-current", "true");
}

/** The step's buttons: which have been done at this frame, and whose turn it is. */
function drawButtons() {
  const start = from().length;
  const onPath = script.slice(0, start).every((a, n) => same(a, from()[n]));
  let ran = 0;
  if (onPath) while (ran < buttons().length && start + ran < at && same(script[start + ran], (lesson.do ?? [])[ran])) ran++;
  markButtons((_, n) => n < ran);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function drawActors(names) {
  const all = names.length ? names : ["A"];
  if (!all.includes(actor)) all.push(actor);
  $("[data-actors]").replaceChildren(...all.sort().map((name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tool";
    button.dataset.actor = name;
    button.textContent = name;
    button.setAttribute("aria-pressed", String(name === actor));
    return button;
  }));
}

const actors = () => $$("[data-actor]").map((button) => button.dataset.actor);

// --- time ---------------------------------------------------------------------

function drawLifetimes(html) {
  const fresh = part(html);
  const old = $("[data-world-lifetimes]");
  fresh.dataset.worldLifetimes = "";
  if (old) old.replaceWith(fresh);
  else $("[data-panels]").after(fresh);
}

const picture = () => $("[data-world-lifetimes]");

/** Move now to the frame on show. */
const placeNow = () => moveNow(picture(), Date.parse(frames[at].at));

/** Now was dragged to a moment: an earlier frame, or a wait until then. */
function goTo(moment) {
  const last = Date.parse(frames[frames.length - 1].at);
  const a = axis(picture());
  // A hand that aims at the last moment may miss it by a little.
  if (moment - last > (a.to - a.from) / 100) return act({ do: "wait", seconds: Math.min(LONGEST, grained((moment - last) / 1000)) }, script);
  let n = 0;
  frames.forEach((frame, i) => Date.parse(frame.at) <= moment && (n = i));
  step(n);
}

// --- movement -----------------------------------------------------------------

/** Show how the frame on show came about. */
function tellWay(moves) {
  if (root.dataset.mode === "world") arrive(before(at), moves).catch(tell);
}

async function step(n) {
  if (busy || !frames[n]) return;
  const forward = n === at + 1;
  if (!frames[n].html) {
    busy = true;
    await draw(n).catch(tell);
    busy = false;
    if (!frames[n]?.html || root.dataset.mode !== "world") return;
  }
  show(n);
  tellWay(forward);
}

function stop() {
  clearInterval(playing);
  playing = 0;
  $('[data-frame="play"]')?.setAttribute("aria-pressed", "false");
}

function togglePlay() {
  if (playing) return stop();
  if (at >= frames.length - 1) step(0);
  $('[data-frame="play"]').setAttribute("aria-pressed", "true");
  playing = setInterval(() => (at >= frames.length - 1 ? stop() : step(at + 1)), 1600);
}

const moves = {
  first: () => step(0),
  back: () => step(at - 1),
  forward: () => at < frames.length - 1 && step(at + 1),
  last: () => step(frames.length - 1),
  play: togglePlay,
};

// --- tools --------------------------------------------------------------------

const tools = {
  wait: (button) => act({ do: "wait", seconds: Number(button.dataset.seconds) }),
  "next-expiry": () => {
    const next = frames[at].next_expiry;
    if (next) act({ do: "wait", seconds: Math.min(LONGEST, Math.ceil((Date.parse(next) - Date.parse(frames[at].at)) / 1000) + 1) });
  },
  close: () => act({ do: "close", browser: actor }),
  purge: () => act({ do: "purge" }),
  add: () => {
    const names = actors();
    actor = [..."ABCDEFGH"].find((name) => !names.includes(name)) ?? actor;
    drawActors(names);
  },
};

function other(name) {
  return actors().find((n) => n !== name) ?? (name === "A" ? "B" : "A");
}

/** The address of a page that a cookie of this scope is sent to. */
function pageOf(domain, path) {
  const page = new URL(location.origin);
  page.hostname = domain;
  page.port = "";
  page.pathname = path;
  return page.href;
}

function cookieTool(button) {
  const card = button.closest("[data-cookie]");
  const browser = button.closest("[data-browser]").dataset.browser;
  const { name, domain, path } = card.dataset;
  // By hand one reaches every cookie, not only those of the page last visited.
  const near = domain === "localhost" && path === "/" && !JSON.stringify(script).includes('"http');
  const where = near ? {} : { url: pageOf(domain, path) };
  switch (button.dataset.cookieTool) {
    case "delete":
      return act({ do: "delete", browser, name, ...where });
    case "copy":
      return act({ do: "put", browser: other(browser), name, copy: browser, ...where });
    case "edit": {
      const place = $(".value, .key", card);
      const field = document.createElement("input");
      field.className = "edit-value";
      field.value = card.dataset.value;
      field.setAttribute("aria-label", name);
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") act({ do: "put", browser, name, value: field.value, ...where });
        if (event.key === "Escape") show(at);
      });
      place.replaceWith(field);
      field.focus();
      field.select();
    }
  }
}

// --- to and fro ---------------------------------------------------------------

/** Enter the time machine: at the moment of the address, else where the step starts. */
export async function enter() {
  root.dataset.mode = "world";
  root.classList.remove("looking-back");
  modeButtons();
  livePanels ??= $("[data-panels]").cloneNode(true);
  let moment = null;
  let damaged = false;
  try {
    moment = momentOf(location.hash);
  } catch {
    damaged = true;
  }
  busy = true;
  try {
    if (moment) await load(moment.a, moment.f).catch(() => (damaged = true));
    if (!moment || damaged) await load(from(), from().length);
    if (damaged) tell(new Error(stage.dataset.linkDamaged));
  } catch (error) {
    tell(error);
  } finally {
    busy = false;
  }
}

export function leave() {
  stop();
  clearTimeout(unwritten);
  root.dataset.mode = "live";
  root.classList.remove("looking-back");
  modeButtons();
  $("[data-world-lifetimes]")?.remove();
  $("[data-branch]").hidden = true;
  markButtons(() => false);
  history.replaceState(null, "", location.pathname + location.search);
  if (livePanels) swap(livePanels.cloneNode(true));
}

function modeButtons() {
  for (const button of $$("[data-mode]")) {
    if (button.matches("button")) button.setAttribute("aria-pressed", String(button.dataset.mode === root.dataset.mode));
  }
}

/** The lab's forms act in the world too. */
function actionOf(button) {
  if (button.dataset.json) return JSON.parse(button.dataset.json);
  if (button.dataset.action === "script") return { do: "script", browser: actor, set: String(new FormData(button.form).get("set")) };
  return { do: "visit", browser: actor, url: address(button.form) };
}

function start() {
  stage.addEventListener("submit", (event) => {
    if (root.dataset.mode !== "world") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!frames.length) return;
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (form.matches("[data-world-visit]")) return void act({ do: "visit", browser: actor, url: String(new FormData(form).get("url")) });
    const button = event.submitter ?? $("[data-action]", form);
    if (!button) return;
    // A step's first button begins it anew; in the lab every button goes on.
    const anew = button === $("[data-actions] [data-action]");
    act(actionOf(button), anew ? from() : undefined);
  }, { capture: true });
  stage.addEventListener("click", (event) => {
    if (root.dataset.mode !== "world" || !frames.length) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const frame = target.closest("[data-frames] button");
    if (frame) {
      stop();
      return step(Number(frame.dataset.n));
    }
    const move = target.closest("[data-frame], [data-now-again]");
    if (move) {
      const { frame: way = "last" } = move.dataset;
      if (way !== "play") stop();
      return moves[way]?.();
    }
    const who = target.closest("[data-actor]");
    if (who) {
      actor = who.dataset.actor;
      return drawActors(actors());
    }
    const tool = target.closest("[data-world]");
    if (tool) return tools[tool.dataset.world]?.(tool);
    if (target.closest("[data-undo]")) return undo();
    if (target.closest("[data-again]")) return again(from());
    const onCookie = target.closest("[data-cookie-tool]");
    if (onCookie) cookieTool(onCookie);
  });
  stage.addEventListener("pointerdown", (event) => {
    const svg = /** @type {Element} */ (event.target).closest("[data-drag]");
    if (svg && !busy) dragNow(event, picture(), goTo, placeNow);
  });
  stage.addEventListener("keydown", (event) => {
    if (!(/** @type {Element} */ (event.target).matches("[data-drag]"))) return;
    if (event.key === "ArrowLeft") moves.back();
    else if (event.key === "ArrowRight") moves.forward();
    else return;
    event.preventDefault();
    $("[data-drag]").focus();
  });
  // Who is in the time machine stays in it from step to step.
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest('[data-nav="next"], [data-nav="prev"], .dots a, [data-language]');
    if (!link) return;
    if (root.dataset.mode !== "world") link.hash = "";
    else if (!link.matches("[data-language]")) link.hash = "#w=";
    else {
      write();
      link.hash = location.hash;
    }
  }, { capture: true });
  addEventListener("hashchange", () => location.hash.startsWith("#w=") && enter());
}

/** What the take-away needs: the moment as it stands. */
export const moment = () => ({ lesson: stage.dataset.lesson, step: stage.dataset.step, actions: script, frame: at });

start();
