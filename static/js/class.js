// @ts-check
// A student's page, and the stage. Both follow the room. A student also answers, and
// tries the step in the own browser; a stage opened from a console also drives the room.
import { $, $$, ask, code, follow, lang, page, part, place, remember, say, showFrame, stand } from "./room.js";

const student = page.dataset.class === "student";
const SEAT = `cookielab.seat.${code}`;
const CHOICES = `cookielab.choices.${code}`;

// --- the seat and the answers -------------------------------------------------

let seat = student ? remember("localStorage", SEAT) : "";

async function takeSeat() {
  const response = await ask("/seat");
  if (response.status === 429) return say("full");
  if (!response.ok) return;
  seat = (await response.json()).seat;
  remember("localStorage", SEAT, seat);
}

/** A request with the seat. If the room has taken the seat back, it gets a new one. */
async function send(path, body) {
  for (let tries = 2; tries; tries--) {
    if (!seat) await takeSeat();
    const response = await ask(path, { body, headers: { "X-Seat": seat ?? "" } }).catch(() => null);
    if (response?.status !== 403) return response?.status ?? 0;
    seat = "";
  }
  return 403;
}

const choices = () => JSON.parse(remember("localStorage", CHOICES) || "{}");

async function choose(option) {
  const step = page.dataset.step;
  const fate = $("[data-fate]");
  const status = await send("/answer", { step, option });
  if (status === 204) remember("localStorage", CHOICES, JSON.stringify({ ...choices(), [step]: option }));
  if (fate?.isConnected) fate.textContent = status === 204 ? fate.dataset.sent : fate.dataset.failed;
}

/** Show what this browser chose, and after the reveal whether it was correct. */
function showChoice() {
  const chosen = choices()[page.dataset.step];
  const input = chosen && $(`[data-choose] input[value="${CSS.escape(chosen)}"]`);
  if (!input) return;
  input.checked = true;
  const fate = $("[data-fate]");
  if (page.dataset.question !== "revealed") {
    if (page.dataset.question === "open") fate.textContent = fate.dataset.sent;
    return;
  }
  const right = Boolean(input.closest(".held"));
  const why = $(`[data-why="${CSS.escape(chosen)}"]`);
  fate.textContent = right ? fate.dataset.right : `${fate.dataset.wrong.replace("{option}", chosen)} ${why?.textContent ?? ""}`;
  fate.classList.toggle("right", right);
  fate.classList.toggle("wrong", !right);
}

// --- following ------------------------------------------------------------------

let drawn = ""; // the step and question that are displayed
const loaded = Number(page.dataset.n); // the number of the moment that the server rendered

async function moment(m) {
  const before = page.dataset.step;
  stand(m);
  showFrame(m.frame).then(shared).catch(() => {});
  const now = [m.step, m.question, m.free, JSON.stringify(m.tally)].join(" ");
  const fresh = now !== drawn && m.n !== loaded;
  drawn = now;
  if (fresh) await drawNow();
  setFree();
  if (student && before !== page.dataset.step) document.dispatchEvent(new CustomEvent("step-changed"));
}

/** A student's page has the panels of the own browser. A shared frame on it is only a picture, so
 * it must not count as panels. On the stage keys can scroll a panel that is longer than its
 * place. */
function shared(at) {
  const panels = at && $("[data-panels]", at);
  if (!panels) return;
  if (student) {
    panels.removeAttribute("data-panels");
    panels.dataset.sharedPanels = "";
  } else {
    for (const panel of $$("[data-panel]", panels)) panel.tabIndex = 0;
  }
}

async function drawNow() {
  const body = await part(`/class/${code}/now${student ? "" : "?stage=1"}`);
  if (!body) return (drawn = "");
  const actions = $("template[data-class-actions]", body);
  if (actions && $(`[data-place="actions"]`) && actions.dataset.for !== page.dataset.actionsFor) {
    page.dataset.actionsFor = actions.dataset.for;
    place("actions", actions.content);
  }
  const answers = $("template[data-stage-answers]", body);
  place("answers", answers ? answers.content : document.createElement("div"));
  place("now", body);
  showChoice();
}

/** A student's buttons are disabled until the instructor lets the class try it. */
function setFree() {
  const free = page.dataset.free === "true";
  for (const button of $$("[data-actions] [data-action]")) button.disabled = !free;
  for (const [name, on] of [["[data-wait-free]", !free], ["[data-now-free]", free]]) {
    const text = $(name);
    if (text) text.hidden = !on;
  }
}

const drawWall = async () => place("wall", await part(`/class/${code}/wall`));

// --- the own browser --------------------------------------------------------------

let turns = 0;
/** Load the live page's script after the seat is known, and send the seat with its reports. */
async function startOwn() {
  const shares = window.cookielab;
  if (!seat) await takeSeat().catch(() => {});
  if (seat) shares.headers["X-Seat"] = seat;
  shares.instead = () => (++turns % 4 ? null : drawWall());
  document.addEventListener("looked", (event) => looked(event.detail).catch(() => {}));
  await import("./live.js");
  setFree();
}

async function looked({ fresh, headers }) {
  const mark = $('[data-fragment="own-mark"]', fresh);
  const old = $('[data-fragment="own-mark"]');
  const changed = mark && old && !mark.isEqualNode(old);
  if (changed) old.replaceWith(document.adoptNode(mark));
  if (headers.get("Seat") === "unknown") {
    seat = "";
    await takeSeat();
    if (seat) window.cookielab.headers["X-Seat"] = seat;
  }
  setFree();
  await reportDone(fresh);
  if (changed) setTimeout(() => drawWall().catch(() => {}), 2100); // a wall is drawn every two seconds
}

let reported = "";
/** Report what this browser showed, as judged by its page. */
async function reportDone(fresh) {
  const held = $$('[data-fragment="verdict"] [data-outcome][data-held="true"]', fresh);
  const step = page.dataset.step;
  if (!step || held.length !== 1 || $("[data-unsettled]", fresh)) return;
  const holds = held[0].dataset.outcome;
  if (reported === step + holds) return;
  reported = step + holds;
  await send("/done", { step, holds, actions: $$("[data-actions] [data-action]").length });
}

// --- beginning -------------------------------------------------------------------

if (student) {
  window.cookielab.memory.set("class", { code, at: Date.now() });
  page.addEventListener("change", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (input.name === "choice") choose(input.value);
  });
  startOwn();
  showChoice();
} else {
  startStage();
}
shared($('[data-place="frame"]'));
setFree();
const follows = $("[data-status]")?.textContent;
follow({
  moment: (m) => moment(m).catch(() => {}),
  found: () => say("follows", student ? follows : ""),
  lost: () => say("lost"),
  over: () => say("over"),
});

/** A stage opened from a console has the driver's key, and drives the room. */
async function startStage() {
  const { key, listen, poll, ways } = await import("./drive.js");
  if (key()) {
    page.dataset.drives = "";
    listen(() => page.dataset);
  }
  const list = $("[data-ways]");
  // The solutions found for a task's goal, the shortest first.
  const states = ({ done }) => {
    const lines = ways(done).map(([actions, n]) => list.dataset.solved.replace("{n}", n).replace("{actions}", actions));
    list.replaceChildren(...lines.map((textContent) => Object.assign(document.createElement("li"), { textContent })));
    list.hidden = !lines.length;
  };
  poll({ wall: drawWall, states, answered: $("[data-answered]") });
}
