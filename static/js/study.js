// @ts-check
// A student's own progress is kept in this browser: predictions, tasks, exams. This
// module stores it, shows it on the progress page, and begins a lesson with a question
// that was answered wrong before.
import { examined, predicted, read, solved, toRecall } from "./lib/progress.js";

const { memory } = window.cookielab;
const root = document.documentElement;
const $ = (selector, from = document) => from.querySelector(selector);
const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
const CLASS = 4 * 3600 * 1000; // ms that a class may last after its page was closed
const now = () => new Date().toISOString();
const progress = () => read(memory.get("progress", null));
const keep = (next) => memory.set("progress", next);

/** Record whether a step's prediction was right. */
export const judged = (id, right) => keep(predicted(progress(), id, right, now()));

/** Record a task solved in so many actions, and report it to the class of this browser. */
export function taskSolved(id, actions, par) {
  keep(solved(progress(), id, actions, par, now()));
  const { code, at } = Object(memory.get("class", null));
  const seat = code && localStorage.getItem(`cookielab.seat.${code}`);
  if (!seat || Date.now() - at > CLASS) return;
  fetch(`/api/class/${code}/done`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Seat": seat },
    body: JSON.stringify({ task: id, holds: true, actions }),
  }).catch(() => {});
}

// --- the progress page ----------------------------------------------------------

function show(page) {
  const { steps, tasks, exams } = progress();
  for (const step of $$("[data-progress-step]", page)) {
    const kept = steps[step.dataset.progressStep];
    say(step, kept ? (kept.right ? "right" : "wrong") : "", "");
  }
  for (const task of $$("[data-progress-task]", page)) {
    const kept = tasks[task.dataset.progressTask];
    say(task, kept ? "right" : "", kept ? page.dataset.ways.replace("{n}", String(kept.actions)).replace("{par}", String(kept.par)) : "");
  }
  const list = $("[data-exams]", page);
  list.replaceChildren(...exams.map((exam) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/${root.lang}/exam?seed=${encodeURIComponent(exam.seed)}`;
    link.textContent = exam.seed;
    item.append(link, ` ${exam.right} / ${exam.of} · ${exam.at.slice(0, 10)}`);
    return item;
  }));
  $("[data-no-exams]", page).hidden = exams.length > 0;
  const predictions = Object.values(steps);
  const counts = { right: predictions.filter((s) => s.right).length, predicted: predictions.length, solved: Object.keys(tasks).length };
  for (const count of $$("[data-count-of]", page)) count.textContent = String(counts[count.dataset.countOf]);
}

/** Show an entry's state as a word, not by colour alone. */
function say(entry, state, words) {
  entry.dataset.state = state;
  $("[data-state-word]", entry).textContent = words || (state ? entry.closest("[data-progress]").dataset[state] : "");
}

function exportFile() {
  const file = new Blob([JSON.stringify({ cookielab: 1, exported: now(), ...progress() }, null, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = "cookielab-progress.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function startProgress(page) {
  show(page);
  $("[data-export]", page).addEventListener("click", exportFile);
  $("[data-forget]", page).addEventListener("click", () => {
    memory.set("progress", null);
    memory.set("done", {});
    show(page);
    $("[data-forgotten]", page).textContent = page.dataset.forgotten;
  });
  addEventListener("storage", (event) => event.key === "cookielab.progress" && show(page));
}

// --- a question from an earlier lesson ------------------------------------------

async function recall(place) {
  const step = toRecall(progress(), place.dataset.recall.split(" "));
  if (!step) return;
  await ask(place, step, "");
  place.addEventListener("submit", (event) => {
    event.preventDefault();
    const guess = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("guess") ?? "");
    if (guess) ask(place, step, guess);
  });
}

async function ask(place, step, guess) {
  const response = await fetch(`/${root.lang}/recall?${new URLSearchParams({ step, guess })}`, { cache: "no-store" });
  if (!response.ok) return; // the step no longer exists
  place.innerHTML = await response.text();
  // It comes late, so it stands where nothing moves for it: last in its column.
  if (place.hidden && matchMedia("(max-width: 1099px)").matches) $(".show").append(place);
  place.hidden = false;
  const answered = $("[data-recalled]", place);
  if (!answered) return;
  judged(step, answered.dataset.recalled === "true");
  answered.focus();
}

const page = $("[data-progress]");
if (page) startProgress(page);
const exam = $("[data-exam][data-right]");
if (exam) keep(examined(progress(), exam.dataset.seed, Number(exam.dataset.right), Number(exam.dataset.of), now()));
const place = $("[data-recall]");
if (place) recall(place).catch(() => {});
