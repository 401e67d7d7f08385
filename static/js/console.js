// @ts-check
// The instructor's console: the present step, the steps to come, who is present. It
// drives the room.
import { $, $$, ask, code, follow, lang, page, part, place, remember, say, showAddress, stand } from "./room.js";
import { bearer, drive, fetchDesk, frameOf, key, listen, poll, press, state, useKey, usePath, ways } from "./drive.js";

let desk = null; // the present step's part for the driver
const moment = () => page.dataset;

/** Load the console after its key was found to be valid. */
async function enter() {
  if (!key()) return;
  const now = await state();
  if (!now) return useKey(null);
  $("[data-no-key]").hidden = true;
  $("[data-desk]").hidden = false;
  counts(now);
  clock();
  mirrored();
  listen(moment);
  follow({ moment: (m) => moved(m).catch(() => {}), found: () => say("found", ""), lost: () => say("lost"), over: () => say("over") });
  polled = poll({ wall: async () => place("wall", await part(`/class/${code}/wall`)), states: counts });
}

let polled = null;
/** The own browser, for live steps: the class is shown what it shows, masked. */
async function startOwn() {
  const template = /** @type {HTMLTemplateElement} */ ($("template[data-own]"));
  if (!template) return;
  template.replaceWith(template.content);
  const shares = window.cookielab;
  Object.assign(shares.headers, bearer());
  shares.instead = polled.turn;
  if (desk) putActions();
  await import("./live.js");
}

function putActions() {
  const stage = $("[data-stage]");
  const now = $("[data-desk-now]", desk);
  const step = now.dataset.stepName;
  // In a step of the time machine the class is shown the frames that the instructor chooses.
  if (now.dataset.liveStep === "true") window.cookielab.headers["X-Class"] = code;
  else delete window.cookielab.headers["X-Class"];
  if (!stage || (stage.dataset.step === step && stage.dataset.lesson === now.dataset.lesson)) return;
  Object.assign(stage.dataset, { lesson: now.dataset.lesson, step });
  place("actions", /** @type {HTMLTemplateElement} */ ($("template[data-desk-actions]", desk)).content.cloneNode(true));
  document.dispatchEvent(new CustomEvent("step-changed"));
}

let drawn = "";
async function moved(m) {
  stand(m);
  $('[data-drive="free"]').setAttribute("aria-pressed", String(m.free));
  const now = [m.step, m.question, JSON.stringify(m.tally)].join(" ");
  if (now !== drawn) {
    drawn = now;
    await draw();
  }
  const frame = m.frame ? "" : "0";
  page.dataset.frameN = frame || String(m.frame.n);
  turnLabel();
}

async function draw() {
  desk = await fetchDesk();
  if (!desk) return (drawn = "");
  const join = $("template[data-desk-join]", desk);
  if (join && !$("[data-join]")) {
    place("join", join.content);
    showAddress();
  }
  place("where", { childNodes: [$("[data-desk-where]", desk).cloneNode(true)] });
  const shown = desk.cloneNode(true);
  $("[data-desk-where]", shown).remove();
  place("desk", shown);
  putActions();
}

function turnLabel() {
  const button = $('[data-drive="turn"]');
  const { step, question } = page.dataset;
  const options = desk && $(".asked-options, [data-tally]", desk);
  const turn = step && options && question === "closed" ? "ask" : step && question === "open" ? "reveal" : "next";
  button.textContent = button.dataset[turn];
  $('[data-drive="next"]').hidden = turn === "next"; // two buttons would be the same
}

function counts(now) {
  const set = (name, value) => { $(`[data-${name}]`).textContent = String(value); };
  set("here", now.here);
  set("seats", now.seats);
  set("answered", Object.values(now.answers).reduce((a, b) => a + b, 0));
  const steps = now.done.filter((d) => d.holds !== true);
  set("done", steps.reduce((sum, d) => sum + d.n, 0));
  for (const each of $$("[data-live-count]")) each.textContent = String(now.answers[each.dataset.liveCount] ?? 0);
  // If browsers differ, name each of them.
  const seen = new Set(steps.map((d) => d.holds));
  const list = $("[data-reports]");
  list.replaceChildren();
  const line = (text) => list.append(Object.assign(document.createElement("li"), { textContent: text }));
  for (const [actions, n] of ways(now.done)) line(page.dataset.solved.replace("{n}", n).replace("{actions}", actions));
  if (seen.size < 2) return;
  line(page.dataset.browsersDiffer);
  for (const d of steps) line(page.dataset.report.replace("{n}", d.n).replace("{browser}", d.browser).replace("{holds}", d.holds));
}

function clock() {
  const started = Number(remember("sessionStorage", "cookielab.began") ?? 0) || Date.now();
  remember("sessionStorage", "cookielab.began", String(started));
  const two = (n) => String(n).padStart(2, "0");
  setInterval(() => {
    const s = Math.floor((Date.now() - started) / 1000);
    $("[data-timer]").textContent = `${s >= 3600 ? Math.floor(s / 3600) + ":" : ""}${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  }, 1000);
}

/** Whether there is a second screen that is not mirrored; a mirrored one counts as the same screen. */
function mirrored() {
  const show = () => { $("[data-mirrored]").hidden = window.screen.isExtended !== false || matchMedia("(max-width: 759px)").matches; };
  show();
  window.screen.addEventListener?.("change", show);
}

// --- what is pressed ---------------------------------------------------------------

let sure = 0;
const buttons = {
  async reset(button) {
    if (Date.now() - sure > 5000) {
      sure = Date.now();
      button.dataset.label ??= button.textContent;
      button.textContent = page.dataset.sure;
      setTimeout(() => { button.textContent = button.dataset.label; }, 5000);
      return;
    }
    sure = 0;
    button.textContent = button.dataset.label;
    await drive({ question: "closed", free: false, reset: true });
    drawn = "";
    counts(await state());
  },
  async otherRoom() {
    const response = await fetch("/api/class", { method: "POST", body: "{}", headers: { "Content-Type": "application/json", ...bearer() } });
    if (!response.ok) return;
    const { code: other, key: fresh } = await response.json();
    const link = Object.assign(document.createElement("a"), { href: `/${lang}/console/${other}#${fresh}`, target: "_blank", textContent: other });
    $("[data-other-opened]").replaceChildren(page.dataset.openedOther + " ", link);
  },
  async handout() {
    const drawnPage = await part(`/console/${code}/handout`, bearer());
    if (!drawnPage) return;
    place("handout", drawnPage).hidden = false;
    document.documentElement.dataset.printing = "class";
    window.print();
    delete document.documentElement.dataset.printing;
    $('[data-place="handout"]').hidden = true;
  },
  async examKey() {
    const seed = /** @type {HTMLInputElement} */ ($("#exam-seed")).value.trim();
    if (!seed) return;
    const drawnPart = await part(`/console/${code}/exam?${new URLSearchParams({ seed })}`, bearer());
    if (drawnPart) place("exam", drawnPart);
  },
  async health() {
    const drawnPart = await part(`/console/${code}/health?part=1`, bearer());
    if (drawnPart) place("health", drawnPart);
  },
  async drop(button) {
    await ask("/drop", { body: { address: button.dataset.drop }, headers: bearer() });
    button.closest("li").remove();
    counts(await state());
  },
  async showFrame(button) {
    await drive({ frame: frameOf(desk, Number(button.dataset.showFrame)) });
  },
  async drive(button) {
    if (desk) await press(button.dataset.drive, desk, moment());
  },
};

page.addEventListener("click", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  const stage = at.closest("[data-open-stage]");
  if (stage) {
    // window.open, unlike following the link, lets the window share this window's
    // sessionStorage with the key. It is a popup because a tab in front would put this
    // one to sleep.
    event.preventDefault();
    window.open(stage.href, stage.target, "popup,width=1280,height=720");
    return;
  }
  const button = at.closest("button");
  const name = button && Object.keys(buttons).find((each) => each in button.dataset);
  if (name) buttons[name](button).catch(() => say("lost"));
});
page.addEventListener("change", (event) => {
  const at = /** @type {HTMLSelectElement} */ (event.target);
  if (at.matches("[data-jump]") && at.value) drive({ step: at.value });
  if (at.matches("[data-choose-path]")) {
    usePath(at.value);
    draw();
  }
});
$("[data-own-browser]").addEventListener("toggle", () => startOwn().catch(() => say("lost")), { once: true });
$("[data-key-form]").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = /** @type {HTMLInputElement} */ ($("#key")).value.trim();
  useKey(typed.includes("#") ? typed.slice(typed.indexOf("#") + 1) : typed);
  enter();
});
enter().catch(() => say("lost"));
