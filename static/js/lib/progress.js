// @ts-check
// A student's progress as kept in this browser: the last prediction of each step, the
// fewest actions for each task, and each exam. Every change returns a new value.

/** @typedef {{ steps: Record<string, { right: boolean, at: string }>, tasks: Record<string, { actions: number, par: number, at: string }>, exams: { seed: string, right: number, of: number, at: string }[] }} Progress */

const EXAMS = 50; // the latest are kept

/** The progress in whatever the storage holds; parts that are not valid are left out.
 * @returns {Progress} */
export function read(stored) {
  const map = (value, fits) => Object.fromEntries(Object.entries(Object(value)).filter(([, each]) => fits(Object(each))));
  const kept = Object(stored);
  return {
    steps: map(kept.steps, (s) => typeof s.right === "boolean"),
    tasks: map(kept.tasks, (t) => Number.isInteger(t.actions) && Number.isInteger(t.par)),
    exams: Array.isArray(kept.exams) ? kept.exams.filter((e) => Number.isInteger(Object(e).right) && Number.isInteger(e.of)) : [],
  };
}

/** Record a step's prediction; the last one counts. */
export const predicted = (progress, id, right, at) => ({ ...progress, steps: { ...progress.steps, [id]: { right, at } } });

/** Record a solved task; the fewest actions count. */
export function solved(progress, id, actions, par, at) {
  const before = progress.tasks[id];
  if (before && before.actions <= actions) return progress;
  return { ...progress, tasks: { ...progress.tasks, [id]: { actions, par, at } } };
}

/** Record an exam. If its page is loaded again, the first result counts. */
export function examined(progress, seed, right, of, at) {
  if (progress.exams.some((e) => e.seed === seed)) return progress;
  return { ...progress, exams: [...progress.exams, { seed, right, of, at }].slice(-EXAMS) };
}

/** The step of an earlier lesson that was predicted wrong and is oldest; "" if there is none.
 * lessons are ids in order, ending with the lesson that begins. */
export function toRecall(progress, lessons) {
  const earlier = lessons.slice(0, -1);
  const wrong = Object.entries(progress.steps).filter(([id, step]) => !step.right && earlier.includes(id.split("/")[0]));
  wrong.sort(([, a], [, b]) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return wrong[0]?.[0] ?? "";
}
