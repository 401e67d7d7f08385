// @ts-check
// The live page: run a route, look at what this browser and this server hold
// now, and let the server draw it. A click costs two round trips: the route, and
// a look. The look is a request to this page's own address, because cookies have
// paths: the header that arrives at another address is not this page's.
import { Ledger } from "./lib/ledger.js";
import { $, $$, address, arrive, buttons, countdowns, drawGoal, frameButton, guess, keepFocus, leaveGhosts, markButtons, markChanges, memory, moveNow, pause, reveal, root, rowsShown, say, showTabs, stepDone, swap } from "./panels.js";

const isTask = Boolean($("[data-stage]")?.dataset.task);
const EXCHANGES = 20; // a report holds no more
const here = () => location.pathname + location.search;
const ledger = new Ledger(memory);
const frames = []; // what was seen after each action, oldest first
let shown = -1; // the frame on show, -1 for the present
let done = []; // the exchanges of the step in hand
let astray = false; // the step was begun although its start was not there
let tag = ""; // the state that the panels show, as the server tags it
let told = ""; // what scripts saw at the last look
let busy = false;
let taken = 0; // of a task: the actions since its start
let open = false; // of a task: it has been seen that its goal does not hold yet

let writes = 0;
/** A line of JavaScript is an entry too: what it did, the next look tells. */
function runScript(line) {
  const at = new Date(now()).toISOString();
  const id = `script-${at}-${writes++}`;
  if (line) {
    ledger.enter([{ id, n: 0, at, url: location.origin + location.pathname, via: "dom", line }]);
    document.cookie = line;
  }
  return { id, at, script: line };
}

// --- time -------------------------------------------------------------------

let ahead = 0; // the server's clock less this browser's, in ms
const now = () => Date.now() + ahead;

// A browser counts from when a cookie arrived, the ledger from when it was sent.
const ON_ITS_WAY = 150;
let expiring = 0;
function tick() {
  const panels = $("[data-panels]");
  if (!panels || root.dataset.mode === "world") return;
  const moment = shown < 0 ? now() : Date.parse(panels.dataset.at);
  countdowns(panels, moment);
  moveNow($('[data-panel="lifetimes"]', panels), moment);
  const ends = [...$$("[data-cookie] [data-until]", panels).map((e) => e.dataset.until), ...$$("[data-ends]", panels).map((e) => e.dataset.ends)];
  // Expiry fires no event: the page keeps its own time, and looks when it is up.
  if (ends.some((end) => Date.parse(end) - moment < -ON_ITS_WAY) && moment - expiring > REST) {
    expiring = moment;
    soon();
  }
}

// --- looking ----------------------------------------------------------------

/** What cookieStore tells, or null where there is none. */
async function store() {
  if (!window.cookieStore) return null;
  try {
    const all = await cookieStore.getAll();
    return all.map(({ name, value, domain, path, expires, secure, sameSite, partitioned }) =>
      ({ name, value, domain, path, expires, secure, sameSite, partitioned }));
  } catch {
    return null;
  }
}

/** What scripts see at one moment. */
async function witness() {
  for (let tries = 3; ; tries--) {
    const seen = document.cookie;
    const known = await store();
    if (document.cookie === seen || !tries) return { document_cookie: seen, store: known };
  }
}

let looks = 0;
/** Ask the server what it sees of this browser, and draw it. */
async function look({ quiet = false, label = "", status = 0, did = null, prepared = false } = {}) {
  const turn = ++looks;
  let seen, response;
  for (let tries = 3; tries; tries--) {
    asked = Date.now();
    seen = await witness();
    const body = {
      url: location.href.split("#")[0],
      ...seen,
      has_store: seen.store !== null,
      blocked: !navigator.cookieEnabled,
      clock: Date.now(),
      ledger: ledger.marked(),
      exchanges: done,
      begun: isTask ? open : buttons().some((b) => "ran" in b.dataset),
      finished: allRan(),
      astray,
      guess: guess(),
      actions: taken,
      secure_context: window.isSecureContext,
    };
    response = await fetch(here(), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...window.cookielab.headers },
      body: JSON.stringify(body),
      cache: "no-store",
    });
    // A cookie that came while the question was on its way would pass for HttpOnly.
    if (document.cookie === seen.document_cookie) break;
  }
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const html = await response.text();
  if (root.dataset.mode === "world") return;
  // Drop the answer of a background look when the page has moved on in the meantime.
  if (quiet && (turn !== looks || busy || shown >= 0)) return;
  tag = response.headers.get("ETag") ?? "";
  told = JSON.stringify(seen);
  const keys = (name) => (response.headers.get(name) ?? "").split(" ").filter(Boolean);
  ledger.mark(keys("Ledger-Seen"), keys("Ledger-Gone"), new Date(now()).toISOString());
  const fresh = draw(html, { quiet, label, status, did, prepared });
  document.dispatchEvent(new CustomEvent("looked", { detail: { fresh, headers: response.headers } }));
}

/** Put the server's drawing in place and mark what it changed. */
function draw(html, { quiet, label, status, did, prepared }) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const old = $("[data-panels]");
  const panels = document.adoptNode($("[data-panels]", fresh));
  ahead = Date.parse(panels.dataset.at) - Date.now();
  const verdict = $('[data-fragment="verdict"]', panels);
  // A look that finds a change keeps the sentence of the last step, and what was
  // judged stands: a cookie that expires afterwards proves nobody wrong.
  if (quiet && shown < 0) $("[data-sentence]", panels).innerHTML = $("[data-sentence]", old).innerHTML;
  verdict.innerHTML = ((quiet && allRan() ? $('[data-fragment="verdict"]', old) : $('[data-fragment="verdict"]', fresh)) ?? verdict).innerHTML;
  if (prepared) tellPrepared(panels);
  const before = /** @type {HTMLElement} */ ((shown < 0 ? old : frames[frames.length - 1].panels).cloneNode(true));
  markChanges(before, panels, quiet);
  if (label) {
    frames.push({ label, status, did, before, panels: /** @type {HTMLElement} */ (panels.cloneNode(true)) });
    if (frames.length > 200) frames.shift();
    drawFrames();
  }
  leaveGhosts(before, panels);
  present(panels);
  const goal = $('[data-fragment="goal"]', fresh);
  if (goal) {
    open ||= goal.dataset.reached !== "true" && !$("[data-early]", goal);
    drawGoal(goal);
  }
  const start = $('[data-fragment="start"]', fresh);
  const place = $('[data-fragment="start"]');
  if (start && place && !(quiet && allRan())) {
    if (place.offsetHeight && matchMedia("(max-width: 1099px)").matches) start.style.minHeight = place.offsetHeight + "px"; // what stands below it does not move
    keepFocus(() => place.replaceWith(document.adoptNode(start)));
  }
  tick();
  return fresh;
}

/** The first press may have brought the browser to the step's start: that is said. */
function tellPrepared(panels) {
  const words = document.createElement("p");
  words.className = "prepared";
  words.textContent = $("[data-stage]").dataset.prepared;
  $("[data-sentence]", panels).append(words);
}

function present(panels) {
  shown = -1;
  root.classList.remove("looking-back");
  for (const past of $$("[data-past]")) past.hidden = true;
  swap(panels);
  drawFrames();
}

// --- running ----------------------------------------------------------------

const allRan = () => buttons().length > 0 && buttons().every((b) => "ran" in b.dataset);
const turn = () => markButtons((button) => "ran" in button.dataset);

/** One request to a route, seen from both sides. */
async function ask(url, method = "GET", body = null) {
  const headers = { "X-Observe": "1", "Accept-Language": root.lang };
  const response = await fetch(url, { method, body, headers, cache: "no-store" });
  const seen = await response.json();
  ledger.record(seen.exchange);
  return { ...seen.exchange, rows: seen.server.rows };
}

async function perform(button) {
  const { action, script, wait } = button.dataset;
  if (action === "wait") {
    await pause(Number(wait) * 1000, button);
    return { at: new Date(now()).toISOString(), wait: Number(wait) };
  }
  if (action === "script" || action === "delete") return runScript(script ?? String(new FormData(button.form).get("set") ?? ""));
  if (action === "jar") return null;
  return ask(button.dataset.url ?? address(button.form));
}

/** Do something that changes the panels, and tell when it is under way. */
async function busily(work) {
  if (busy) return;
  busy = true;
  const panels = $("[data-panels]");
  panels.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    complain(error);
  } finally {
    busy = false;
    panels.setAttribute("aria-busy", "false");
    turn();
  }
}

async function run(button) {
  const last = frames[frames.length - 1];
  await busily(async () => {
    button.setAttribute("aria-disabled", "true");
    try {
      const steps = buttons();
      const own = steps.includes(button);
      const prepared = own && (button === steps[0] || allRan()) && (await begin(button));
      if (own) {
        if (!done.length && !steps.some((each) => "ran" in each.dataset)) astray = Boolean($("[data-setup]"));
        button.dataset.ran = "";
      } else if (isTask) {
        taken++;
      } else {
        done = [];
      }
      const before = rowsShown($("[data-panels]"));
      const exchange = await perform(button);
      if (exchange) done.push(done.length ? exchange : { ...exchange, rows_before: before });
      if (done.length > EXCHANGES) done.shift();
      const label = exchange?.request ? pathOf(exchange.request.url) : $(".run-label", button).textContent;
      await look({ label, status: exchange?.response?.status ?? 0, did: exchange, prepared });
      reveal();
      if (allRan()) stepDone();
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  if (frames[frames.length - 1] !== last) tellWay(frames.length - 1, true);
}

/** Show how a frame came about: what it was before, and what went over the wire. */
function tellWay(n, moves) {
  arrive(frames[n].before, moves && Boolean(frames[n].did?.request)).catch(complain);
}

/** The first button, or one that has run, begins the step anew. The first one brings
 * this browser to where the step starts, if it is elsewhere; it tells whether it had to. */
async function begin(button) {
  const steps = buttons();
  const again = steps.some((each) => "ran" in each.dataset);
  done = [];
  for (const each of steps.slice(steps.indexOf(button))) delete each.dataset.ran;
  if (button !== steps[0] || !$('[data-fragment="start"]')) return false;
  if (again) await look(); // where this browser is now, an earlier look cannot know
  const actions = $("[data-setup-actions]");
  if (!actions) return false;
  await follow(JSON.parse(actions.textContent));
  return true;
}

const pathOf = (url) => {
  const u = new URL(url);
  return u.pathname + u.search;
};

const complain = (error) => say(String(error.message ?? error));

/** Bring this browser to where the step or task starts, by the demo routes alone. */
async function follow(actions) {
  taken = 0;
  open = false;
  for (const { url, script } of actions) {
    if (url) await ask(url);
    else if (script) runScript(script);
  }
  done = [];
  for (const each of buttons()) delete each.dataset.ran;
  await look();
}

// --- going back and forth ---------------------------------------------------

function drawFrames() {
  const list = $("[data-frames]");
  if (!list || root.dataset.mode === "world") return;
  keepFocus(() => list.replaceChildren(...frames.map((frame, n) => {
    const item = document.createElement("li");
    const button = frameButton(n + 1, frame);
    if (n === (shown < 0 ? frames.length - 1 : shown)) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => show(n));
    item.append(button);
    return item;
  })));
}

function show(n) {
  if (n < 0 || n >= frames.length) return;
  if (n === frames.length - 1) return again();
  shown = n;
  root.classList.add("looking-back");
  swap(/** @type {HTMLElement} */ (frames[n].panels.cloneNode(true)));
  for (const past of $$("[data-past]")) past.hidden = false;
  drawFrames();
  tick();
  tellWay(n, false);
}

function again() {
  if (!frames.length) return;
  present(/** @type {HTMLElement} */ (frames[frames.length - 1].panels.cloneNode(true)));
  tellWay(frames.length - 1, false);
  look({ quiet: true }).catch(complain);
}

const moves = {
  first: () => show(0),
  back: () => show((shown < 0 ? frames.length - 1 : shown) - 1),
  forward: () => show((shown < 0 ? frames.length - 1 : shown) + 1),
  last: again,
};

// --- noticing ---------------------------------------------------------------

const REST = 2050; // ms from one question to the next of a page that is left alone
const SOON = 1000; // ms from one look to the next of a page that sees changes
let asked = 0; // when the page last asked anything
let looked = 0; // when it last looked by itself
let pending = 0;
const paused = () => busy || shown >= 0 || document.hidden || root.dataset.mode === "world";

/** Look, but let a storm of changes pass. */
function soon() {
  clearTimeout(pending);
  pending = setTimeout(() => {
    if (paused()) return;
    looked = Date.now();
    look({ quiet: true }).catch(() => {});
  }, Math.max(0, looked + SOON - Date.now()));
}

/** Has anything changed that no click of this page did? HttpOnly cookies send no
 * event and no script sees them, so while the page is visible it asks. */
async function notice() {
  asked = Date.now();
  // A class has more to ask for, and takes turns with this.
  const instead = window.cookielab.instead?.();
  if (instead) return instead;
  const response = await fetch(here(), { headers: { "X-Observe": "1", ...window.cookielab.headers }, cache: "no-store" });
  if (response.ok && response.headers.get("ETag") !== tag) soon();
}

/** Do scripts see anything new? That costs no request. */
async function glance() {
  if (!paused() && told && JSON.stringify(await witness()) !== told) soon();
}

function watch() {
  setInterval(tick, 250);
  setInterval(() => {
    glance().catch(() => {});
    if (!paused() && Date.now() - asked >= REST) notice().catch(() => {});
  }, 300);
  window.cookieStore?.addEventListener?.("change", () => glance().catch(() => {}));
  addEventListener("storage", (event) => event.key === "cookielab.ledger" && soon());
  addEventListener("focus", soon);
  addEventListener("pageshow", (event) => event.persisted && soon());
  document.addEventListener("visibilitychange", () => !document.hidden && soon());
}

// --- starting -----------------------------------------------------------------

function start(stage) {
  stage.addEventListener("submit", (event) => {
    const button = event.submitter ?? $("[data-action]", event.target);
    if (!button?.dataset.action) return;
    event.preventDefault();
    run(button);
  });
  stage.addEventListener("click", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (at.closest("[data-setup]")) {
      for (const each of $$("[data-guess] input:checked")) each.checked = false;
      busily(() => follow(JSON.parse($("[data-setup-actions]").textContent)));
    }
    if (at.closest("[data-again]") && root.dataset.mode !== "world") busily(() => follow(JSON.parse($("[data-again-actions]").textContent)));
    const masked = at.closest("[data-reveal]");
    if (masked) {
      const card = masked.closest("[data-cookie]");
      $(".value", card).textContent = card.dataset.value;
      masked.remove();
    }
    const move = at.closest("[data-frame], [data-now-again]");
    if (move && root.dataset.mode !== "world") moves[move.dataset.frame ?? "last"]?.();
    const taken = at.closest("button[data-take]");
    if (taken) import(taken.parentElement.dataset.module).then((module) => module.take(taken, frames)).catch(complain);
  });
  document.addEventListener("over", (event) => {
    event.preventDefault();
    ledger.forgetMine();
    frames.length = 0;
    busily(() => follow([]));
  });
  document.addEventListener("step-changed", () => {
    done = [];
    turn();
    look({ quiet: true }).catch(complain);
  });
  turn();
  showTabs($("[data-panels]"));
  watch();
  for (const button of $$("button[data-mode]")) button.addEventListener("click", () => switchTo(button.dataset.mode));
  if (stage.dataset.jarPage === "true") stayLive();
  if (root.dataset.mode === "world" || stage.dataset.worldOnly === "true") switchTo("world");
  else if ("later" in stage.dataset) asked = Date.now(); // what the server has drawn will do for the moment
  else look().catch(complain);
}

/** The time machine is a module of its own: a page that stays live never loads it. */
async function switchTo(mode) {
  root.dataset.mode = mode; // at once: a look that is under way must not draw over the world
  const world = await import($("[data-stage]").dataset.machine);
  if (mode === "world") return world.enter();
  world.leave();
  done = [];
  drawFrames();
  turn();
  await look().catch(complain);
}

/** A step for the jar model is the same in both worlds; who came from the time
 * machine goes back to it with the next step. */
function stayLive() {
  const fromWorld = root.dataset.mode === "world";
  root.dataset.mode = "live";
  if (fromWorld) for (const link of $$('[data-nav="next"], [data-nav="prev"], .dots a')) link.hash = "#w=";
}

const record = $("[data-record]");
if (record) ledger.record(JSON.parse(record.textContent));
const stage = $("[data-stage]");
if (stage) start(stage);
