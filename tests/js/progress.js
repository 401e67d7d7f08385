// What the progress of a student promises; see cases.js.
import { examined, predicted, read, solved, toRecall } from "../../static/js/lib/progress.js";

const none = read(null);

function same(got, want) {
  const [a, b] = [got, want].map((v) => JSON.stringify(v));
  if (a !== b) throw new Error(`got ${a}, want ${b}`);
}

export const cases = {
  "what storage holds is read, whatever it is": () => {
    same(none, { steps: {}, tasks: {}, exams: [] });
    for (const damaged of [0, "text", [], { steps: 3, tasks: null, exams: {} }, { steps: { a: null, b: { right: "yes" } }, tasks: { c: { actions: "2" } }, exams: [null, 7] }]) {
      same(read(damaged), none);
    }
  },

  "the last prediction of a step counts": () => {
    const twice = predicted(predicted(none, "session/clear", false, "1"), "session/clear", true, "2");
    same(twice.steps, { "session/clear": { right: true, at: "2" } });
    same(none.steps, {});
  },

  "the shortest way of a task counts": () => {
    const longer = solved(solved(none, "session/t", 3, 2, "1"), "session/t", 5, 2, "2");
    same(longer.tasks["session/t"].actions, 3);
    same(solved(longer, "session/t", 2, 2, "3").tasks["session/t"].actions, 2);
  },

  "an exam counts once, and old ones give way": () => {
    let progress = examined(examined(none, "abc", 7, 10, "1"), "abc", 10, 10, "2");
    same(progress.exams, [{ seed: "abc", right: 7, of: 10, at: "1" }]);
    for (let n = 0; n < 60; n++) progress = examined(progress, "s" + n, 1, 10, String(n));
    same(progress.exams.length, 50);
    same(progress.exams.at(-1)?.seed, "s59");
  },

  "a lesson begins with what was wrong in an earlier one": () => {
    let progress = predicted(none, "cookie/a", false, "2");
    progress = predicted(progress, "forgets/b", false, "1");
    progress = predicted(progress, "session/c", false, "0");
    same(toRecall(progress, ["forgets", "cookie", "session"]), "forgets/b");
    same(toRecall(progress, ["forgets", "cookie"]), "forgets/b");
    same(toRecall(progress, ["forgets"]), "");
    same(toRecall(predicted(progress, "forgets/b", true, "3"), ["forgets", "cookie", "session"]), "cookie/a");
  },
};
