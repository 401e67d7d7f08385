// @ts-check
// The live page: run a route, look at what this browser and this server hold
// now, and let the server draw it. A click costs two round trips: the route, and
// a look. The look is a request to this page's own address, because cookies have
// paths: the header that arrives at another address is not this page's.

const root = document.documentElement;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const here = () => location.pathname + location.search;
const lang = root.lang;

/** @type {{memory: any, markDone: (step: string) => void}} */
let app;
const frames = []; // what was seen after each action, oldest first
let shown = -1; // the frame on show, -1 for the present
let done = []; // the exchanges of the step in hand
let astray = false; // the step was begun although its start was not there
let tag = ""; // the state that the panels show, as the server tags it
let told = ""; // what scripts saw at the last look
let busy = false;

// --- the ledger: the Set-Cookie lines that this site has sent ---------------

const LEDGER = 80; // lines
const LEDGER_SIZE = 256 * 1024; // characters, of JSON

/** FNV-1a, 64 bits: enough to know the same value again, not to get it back. */
export function fingerprint(text) {
  let hash = 0xcbf29ce484222325n;
  for (const octet of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(octet)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}

/** Of an HttpOnly value the ledger keeps the ends and a hash: web storage is no
 * place for a session's key. Its length stays, for that may be why it is refused;
 * so does a nameless value, which is judged by what it begins with. */
export function ledgerLine(line) {
  const [pair, ...attributes] = line.split(";");
  const httpOnly = attributes.some((a) => /^[ \t]*httponly[ \t]*(=|$)/i.test(a));
  const at = pair.indexOf("=");
  if (!httpOnly || at < 0 || !pair.slice(0, at).trim()) return { line };
  const [, before, value, after] = /^([ \t]*)(.*?)([ \t]*)$/s.exec(pair.slice(at + 1));
  const octets = new TextEncoder().encode(value).length;
  const keep = octets === value.length && octets > 12 ? 4 : 0;
  const masked = value.slice(0, keep) + "*".repeat(octets - 2 * keep) + value.slice(value.length - keep);
  return { line: [pair.slice(0, at + 1) + before + masked + after, ...attributes].join(";"), hash: fingerprint(value) };
}

const keyOf = ({ id, n }) => `${id}#${n}`;
const mine = []; // the lines that this page has entered itself

/** Web storage may be closed, hold anything, or have lost a line that two tabs
 * wrote at the same moment: what this page knows itself is added. */
function ledger() {
  const stored = app.memory.get("ledger", []);
  const lines = Array.isArray(stored) ? stored.filter(sound) : [];
  const since = String(app.memory.get("ledger.since", ""));
  for (const line of mine) {
    if (line.at > since && !lines.some((old) => keyOf(old) === keyOf(line))) lines.push(line);
  }
  return lines.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

const sound = (line) =>
  ["id", "line", "url", "via"].every((field) => typeof line?.[field] === "string") &&
  Number.isInteger(line.n) && isMoment(line.at) && /^https?:\/\/[^/]/.test(line.url) && ["undefined", "string"].includes(typeof line.hash);
const isMoment = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) && !isNaN(Date.parse(text));

function enter(lines) {
  if (!lines.length) return;
  const all = ledger();
  const fresh = lines.filter((line) => !all.some((old) => keyOf(old) === keyOf(line)));
  all.push(...fresh);
  mine.push(...fresh);
  while (all.length > LEDGER || JSON.stringify(all).length > LEDGER_SIZE) {
    // First what a later line has set anew, then what is oldest.
    const old = all.findIndex((line, i) => all.slice(i + 1).some((later) => about(later).id === about(line).id));
    const [gone] = all.splice(Math.max(0, old), 1);
    const own = mine.findIndex((line) => keyOf(line) === keyOf(gone));
    if (own >= 0) mine.splice(own, 1);
  }
  app.memory.set("ledger", all);
}

/** What earlier looks found of the lines: seen, or gone since. It is kept apart
 * from them, so that a mark never costs a line. */
function marked(lines) {
  const marks = app.memory.get("marks", {});
  return lines.map(({ id, n, at, url, via, line, hash }) => {
    const { seen, gone } = marks[keyOf({ id, n })] ?? {};
    return { id, n, at, url, via, line, hash, seen: seen === true, gone: isMoment(gone) ? gone : undefined };
  });
}

function mark(headers) {
  const keys = (name) => (headers.get(name) ?? "").split(" ").filter(Boolean);
  const seen = keys("Ledger-Seen");
  const gone = keys("Ledger-Gone");
  if (!seen.length && !gone.length) return;
  const old = app.memory.get("marks", {});
  const marks = Object.fromEntries(ledger().map(keyOf).filter((key) => old[key]).map((key) => [key, old[key]]));
  for (const key of seen) marks[key] = { ...marks[key], seen: true };
  for (const key of gone) marks[key] = { ...marks[key], gone: new Date(now()).toISOString() };
  app.memory.set("marks", marks);
}

function record(exchange) {
  const lines = exchange.response.headers.filter(([name]) => name.toLowerCase() === "set-cookie");
  // Without its query: a value may stand there too, and path and host are enough.
  const url = exchange.request.url.split("?")[0];
  enter(lines.map(([, line], n) => ({ id: exchange.id, n, at: exchange.at, url, via: "http", ...ledgerLine(line) })));
}

let writes = 0;
/** A line of JavaScript is an entry too: what it did, the next look tells. */
function runScript(line) {
  const at = new Date(now()).toISOString();
  const id = `script-${at}-${writes++}`;
  if (line) {
    enter([{ id, n: 0, at, url: location.origin + location.pathname, via: "dom", line }]);
    document.cookie = line;
  }
  return { id, at, script: line };
}

// --- time -------------------------------------------------------------------

let ahead = 0; // the server's clock less this browser's, in ms
const now = () => Date.now() + ahead;

/** What is left, in the page's language: the words come with the page. */
export function left(ms) {
  const s = Math.max(0, Math.ceil(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const days = Math.floor(s / 86400);
  const clock = `${two(Math.floor((s % 86400) / 3600))}:${two(Math.floor((s % 3600) / 60))}:${two(s % 60)}`;
  const words = $("[data-panels]").dataset;
  if (s < 60) return words.leftSeconds.replace("{n}", String(s));
  if (!days) return words.leftClock.replace("{clock}", clock);
  return words.leftDays.replace("{days}", String(days)).replace("{clock}", clock);
}

// A browser counts from when a cookie arrived, the ledger from when it was sent.
const ON_ITS_WAY = 150;
let expiring = 0;
function tick() {
  const panels = $("[data-panels]");
  if (!panels || root.dataset.mode === "world") return;
  const moment = shown < 0 ? now() : Date.parse(panels.dataset.at);
  let over = false;
  for (const each of $$("[data-until]", panels)) {
    const rest = Date.parse(each.dataset.until) - moment;
    const text = left(rest);
    if (each.textContent !== text) each.textContent = text;
    if (rest < -ON_ITS_WAY && each.closest("[data-cookie]")) over = true;
  }
  for (const each of $$("[data-ends]", panels)) {
    if (Date.parse(each.dataset.ends) - moment < -ON_ITS_WAY) over = true;
  }
  moveNow(panels, moment);
  // Expiry fires no event: the page keeps its own time, and looks when it is up.
  if (over && moment - expiring > REST) {
    expiring = moment;
    soon();
  }
}

function moveNow(panels, moment) {
  const picture = $('[data-panel="lifetimes"]', panels);
  const mark = picture && $("[data-now]", picture);
  if (!mark) return;
  const svg = $("svg", picture);
  const from = Date.parse(picture.dataset.from);
  const to = Date.parse(picture.dataset.to);
  const share = Math.min(1, Math.max(0, (moment - from) / (to - from)));
  mark.setAttribute("transform", `translate(${Number(svg.dataset.axisX) + share * Number(svg.dataset.axisWidth)} 0)`);
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
export async function look({ quiet = false, label = "", status = 0, did = null } = {}) {
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
      ledger: marked(ledger()),
      exchanges: done,
      begun: buttons().some((b) => "ran" in b.dataset),
      finished: allRan(),
      astray,
      guess: $("[data-guess] input:checked")?.value ?? "",
      secure_context: window.isSecureContext,
    };
    response = await fetch(here(), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
    });
    // A cookie that came while the question was on its way would pass for HttpOnly.
    if (document.cookie === seen.document_cookie) break;
  }
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const html = await response.text();
  if (root.dataset.mode === "world") return;
  // What nobody waits for gives way to what somebody does.
  if (quiet && (turn !== looks || busy || shown >= 0)) return;
  tag = response.headers.get("ETag") ?? "";
  told = JSON.stringify(seen);
  mark(response.headers);
  draw(html, { quiet, label, status, did });
}

/** Put the server's drawing in place and mark what it changed. */
function draw(html, { quiet, label, status, did }) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  const old = $("[data-panels]");
  const panels = document.adoptNode($("[data-panels]", fresh));
  ahead = Date.parse(panels.dataset.at) - Date.now();
  // A look that finds a change keeps the sentence of the last step.
  if (quiet && shown < 0) keepSentence(old, panels);
  markChanges(shown < 0 ? old : document.createElement("div"), panels, quiet);
  if (label) {
    frames.push({ label, status, did, panels: /** @type {HTMLElement} */ (panels.cloneNode(true)) });
    if (frames.length > 200) frames.shift();
    drawFrames();
  }
  present(panels);
  for (const part of $$("[data-fragment]", fresh)) {
    // What was judged stands: a cookie that expires afterwards proves nobody wrong.
    if (quiet && allRan()) break;
    $(`[data-fragment="${part.dataset.fragment}"]`)?.replaceWith(document.adoptNode(part));
  }
  tick();
}

function present(panels) {
  shown = -1;
  root.classList.remove("looking-back");
  const past = $("[data-past]");
  if (past) past.hidden = true;
  swap(panels);
  drawFrames();
}

/** The sentence's live region stays where it is, or screen readers miss it. */
export function swap(panels) {
  const old = $("[data-panels]");
  const oldSaying = $("[data-sentence]", old);
  const newSaying = $("[data-sentence]", panels);
  if (oldSaying.innerHTML !== newSaying.innerHTML) oldSaying.innerHTML = newSaying.innerHTML;
  newSaying.remove();
  for (const child of [...old.children]) if (child !== oldSaying) child.remove();
  for (const name of ["at", "digest"]) if (panels.dataset[name]) old.dataset[name] = panels.dataset[name];
  old.className = panels.className;
  old.append(...panels.children);
}

function keepSentence(old, panels) {
  const said = $("[data-sentence]", old);
  if (said) $("[data-sentence]", panels).innerHTML = said.innerHTML;
}

const identity = (card) => [card.dataset.name, card.dataset.domain, card.dataset.path].join("\n");

/** Two drawings of the same things: give what is new or other a mark and a word. */
export function markChanges(old, panels, quiet = false) {
  if (!$('[data-panel="browser"]', old) || old.querySelector("[data-asking]")) return;
  const word = { new: panels.dataset.wordNew, changed: panels.dataset.wordChanged };
  const mark = (element, kind, place) => {
    element.dataset.change = kind;
    const says = document.createElement("span");
    says.className = "change-word";
    says.textContent = word[kind] ?? "";
    place?.append(says);
  };
  const compare = (selector, key, facts, place) => {
    const before = new Map($$(selector, old).map((e) => [key(e), e]));
    for (const element of $$(selector, panels)) {
      const was = before.get(key(element));
      if (!was) mark(element, "new", place(element));
      else if (facts.some((f) => was.dataset[f] !== element.dataset[f])) mark(element, "changed", place(element, facts.find((f) => was.dataset[f] !== element.dataset[f])));
      else if (quiet && was.dataset.change) mark(element, was.dataset.change, place(element));
    }
  };
  compare("[data-cookie]", (e) => (e.closest("[data-browser]")?.dataset.browser ?? "") + identity(e), ["value", "expires", "secure", "httpOnly", "sameSite"], (e, fact) => (fact && fact !== "value" ? $(".chips", e) : $(".pair", e)));
  compare("[data-row]", (e) => e.dataset.key, ["expires"], (e, fact) => (fact ? $(".when", e) : $("dd", e)));
  compare("[data-entry]", (e) => e.closest("[data-row]").dataset.key + "\n" + e.dataset.key, ["value"], () => null);
}

// --- running ----------------------------------------------------------------

const buttons = () => $$("[data-actions] [data-action]");
const allRan = () => buttons().length > 0 && buttons().every((b) => "ran" in b.dataset);

function turn() {
  const all = buttons();
  const next = all.find((b) => !("ran" in b.dataset));
  for (const each of all) {
    if (each === next) each.dataset.turn = "";
    else delete each.dataset.turn;
  }
}

/** The caller's row as the panel shows it: what was there before a click. */
export function rowsShown(from = document) {
  return $$("[data-row]", from).map((row) => ({
    key: row.dataset.key,
    expires: row.dataset.expires,
    data: Object.fromEntries($$("[data-entry]", row).map((e) => [e.dataset.key, JSON.parse(e.dataset.value)])),
  }));
}

/** One request to a route, seen from both sides. */
async function ask(url, method = "GET", body = null) {
  const headers = { "X-Observe": "1", "Accept-Language": lang };
  const response = await fetch(url, { method, body, headers, cache: "no-store" });
  const seen = await response.json();
  record(seen.exchange);
  return { ...seen.exchange, rows: seen.server.rows };
}

/** The address that a form asks: without our own fields and without what is as
 * good as absent. */
export function address(form) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (name.startsWith("_")) continue;
    if (value === "" && !["value", "path", "name"].includes(name)) continue;
    query.append(name, String(value));
  }
  const text = query.toString();
  return form.getAttribute("action") + (text ? "?" + text : "");
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

function pause(ms, button) {
  const label = $(".run-label", button);
  const words = label.textContent;
  const end = Date.now() + ms;
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const rest = Math.ceil((end - Date.now()) / 1000);
      label.textContent = rest > 0 ? `${words} · ${rest}` : words;
      if (rest <= 0) {
        clearInterval(timer);
        resolve();
      }
    }, 100);
  });
}

export async function run(button) {
  if (busy) return;
  busy = true;
  const panels = $("[data-panels]");
  panels.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  const steps = buttons();
  if (steps.includes(button)) {
    // The first button, or one that has run, begins the step anew.
    if (button === steps[0] || allRan()) restart(button);
    if (!done.length && !steps.some((each) => "ran" in each.dataset)) astray = Boolean($("[data-setup]"));
    button.dataset.ran = "";
  } else {
    done = [];
  }
  try {
    const before = rowsShown();
    const exchange = await perform(button);
    if (exchange) done.push(done.length ? exchange : { ...exchange, rows_before: before });
    const label = exchange?.request ? pathOf(exchange.request.url) : $(".run-label", button).textContent;
    await look({ label, status: exchange?.response?.status ?? 0, did: exchange });
    reveal();
    if (allRan()) app.markDone($("[data-stage]").dataset.lesson + "/" + $("[data-stage]").dataset.step);
  } catch (error) {
    complain(error);
  } finally {
    busy = false;
    button.removeAttribute("aria-disabled");
    $("[data-panels]").setAttribute("aria-busy", "false");
    turn();
  }
}

/** On a phone the panels stand below the button, and in class the verdict below
 * the fold of the story: bring them to where the eyes are. */
export function reveal() {
  const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  if (matchMedia("(max-width: 759px)").matches) $("[data-panels]").scrollIntoView({ block: "start", behavior });
  else if (root.dataset.view === "class" && allRan()) {
    const story = $(".story");
    story.scrollTo({ top: $('[data-fragment="verdict"]')?.offsetTop - story.offsetTop - 8, behavior });
  }
}

function restart(button) {
  done = [];
  const steps = buttons();
  for (const each of steps) if (steps.indexOf(each) >= steps.indexOf(button)) delete each.dataset.ran;
}

const pathOf = (url) => {
  const u = new URL(url);
  return u.pathname + u.search;
};

function complain(error) {
  const says = $("[data-sentence] .lead-note");
  if (says) says.textContent = String(error.message ?? error);
}

/** Bring this browser to where the step starts, by the demo routes alone. */
async function setUp(actions) {
  if (busy) return;
  busy = true;
  $("[data-panels]").setAttribute("aria-busy", "true");
  try {
    for (const { url, script } of actions) {
      if (url) await ask(url);
      else if (script) runScript(script);
    }
    done = [];
    for (const each of buttons()) delete each.dataset.ran;
    for (const each of $$("[data-guess] input:checked")) each.checked = false;
    await look({});
  } catch (error) {
    complain(error);
  } finally {
    busy = false;
    $("[data-panels]").setAttribute("aria-busy", "false");
    turn();
  }
}

/** Delete what the ledger knows, flush the session, and touch nothing else. */
async function startOver() {
  const actions = new Set(["/flush"]);
  const ours = (entry) => new URL(entry.url).hostname === location.hostname;
  for (const entry of ledger().filter(ours)) {
    const url = deletion(entry);
    if (url) actions.add(url);
  }
  for (const url of actions) await ask(url);
  app.memory.set("ledger", ledger().filter((entry) => !ours(entry)));
  app.memory.set("ledger.since", new Date(now()).toISOString());
  mine.length = 0;
  frames.length = 0;
  if ($("[data-panels]")) await setUp([]);
  else location.reload();
}

/** Which cookie a line of the ledger is about. */
function about({ line, url }) {
  const [pair, ...attributes] = line.split(";");
  const given = new Map(attributes.map((a) => [a.split("=")[0].trim().toLowerCase(), a.slice(a.indexOf("=") + 1).trim()]));
  const name = pair.includes("=") ? pair.split("=")[0].trim() : "";
  const folder = new URL(url).pathname.replace(/\/[^/]*$/, "") || "/";
  const path = given.get("path")?.startsWith("/") ? given.get("path") : folder;
  const domain = given.get("domain") ?? "";
  return { name, path, domain, given, id: [name, path, domain, given.has("partitioned")].join("\n") };
}

/** The request that deletes what a line of the ledger set: same name, domain and
 * path, or it would delete another cookie. */
function deletion(entry) {
  const { name, path, domain, given } = about(entry);
  if (!name || name === "sessionid") return "";
  const query = new URLSearchParams({ name, path });
  if (domain) query.set("domain", domain);
  for (const flag of ["secure", "partitioned"]) if (given.has(flag)) query.set(flag, "1");
  return "/delete_cookie?" + query;
}

// --- going back and forth ---------------------------------------------------

function drawFrames() {
  const list = $("[data-frames]");
  if (!list || root.dataset.mode === "world") return;
  list.replaceChildren(...frames.map((frame, n) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${n + 1} ${frame.label}${frame.status >= 400 ? " → " + frame.status : ""}`;
    if (frame.status >= 400) button.className = "error";
    if (n === (shown < 0 ? frames.length - 1 : shown)) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => show(n));
    item.append(button);
    return item;
  }));
}

function show(n) {
  if (n < 0 || n >= frames.length) return;
  if (n === frames.length - 1) return again();
  shown = n;
  root.classList.add("looking-back");
  $("[data-past]").hidden = false;
  swap(/** @type {HTMLElement} */ (frames[n].panels.cloneNode(true)));
  drawFrames();
  tick();
}

function again() {
  if (!frames.length) return;
  present(/** @type {HTMLElement} */ (frames[frames.length - 1].panels.cloneNode(true)));
  look({ quiet: true }).catch(complain);
}

/** What was seen after each action: what the take-away is made of. */
export const history = () => frames;

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
  const response = await fetch(here(), { headers: { "X-Observe": "1" }, cache: "no-store" });
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

export function startLive({ record: answered, markDone, memory }) {
  app = { markDone, memory };
  if (answered) record(answered);
  $("[data-start-over]")?.addEventListener("submit", (event) => {
    event.preventDefault();
    startOver().catch(complain);
  });
  const stage = $("[data-stage]");
  if (!stage) return;
  stage.addEventListener("submit", (event) => {
    const button = event.submitter ?? $("[data-action]", event.target);
    if (!button?.dataset.action) return;
    event.preventDefault();
    run(button);
  });
  stage.addEventListener("click", (event) => {
    const at = /** @type {HTMLElement} */ (event.target);
    if (at.closest("[data-setup]")) setUp(JSON.parse($("[data-setup-actions]").textContent));
    const reveal = at.closest("[data-reveal]");
    if (reveal) {
      const card = reveal.closest("[data-cookie]");
      $(".value", card).textContent = card.dataset.value;
      reveal.remove();
    }
    const move = at.closest("[data-frame]");
    if (move && root.dataset.mode !== "world") moves[move.dataset.frame]?.();
    if (at.closest("[data-now-again]")) again();
    const taken = at.closest("button[data-take]");
    if (taken) import(taken.parentElement.dataset.module).then((module) => module.take(taken)).catch(complain);
  });
  turn();
  watch();
  for (const button of $$("button[data-mode]")) button.addEventListener("click", () => switchTo(button.dataset.mode));
  if (stage.dataset.jarPage === "true") stayLive();
  if (root.dataset.mode === "world" || stage.dataset.worldOnly === "true") switchTo("world");
  else look({}).catch(complain);
}

/** The time machine is a module of its own: a page that stays live never loads it. */
async function switchTo(mode) {
  root.dataset.mode = mode; // at once: a look that is under way must not draw over the world
  const world = await import("./world.js");
  if (!started) world.start({ markDone: app.markDone, memory: app.memory, left, address });
  started = true;
  if (mode === "world") return world.enter();
  world.leave();
  done = [];
  drawFrames();
  turn();
  await look({}).catch(complain);
}
let started = false;

/** A step for the jar model is the same in both worlds; who came from the time
 * machine goes back to it with the next step. */
function stayLive() {
  const fromWorld = root.dataset.mode === "world";
  root.dataset.mode = "live";
  if (fromWorld) for (const link of $$('[data-nav="next"], [data-nav="prev"], .dots a')) link.hash = "#w=";
}
