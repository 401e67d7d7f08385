// @ts-check
// What every page has. It is loaded before the first paint, to apply the visitor's
// settings from web storage (this site has no cookie of its own). Then theme, projector
// view, keys, tabs and progress.
(() => {
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  /** Web storage, which may be unavailable or full. The modules use it too. */
  const memory = {
    get(key, otherwise) {
      try {
        return JSON.parse(localStorage.getItem("cookielab." + key) ?? "null") ?? otherwise;
      } catch {
        return otherwise;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem("cookielab." + key, JSON.stringify(value));
      } catch {
        // Only the stored setting is lost.
      }
    },
  };
  // A class's page adds headers to this page's reports, and shares its polling.
  window.cookielab = { memory, headers: {}, instead: null };

  // --- before the first paint -------------------------------------------------

  const prefs = Object(memory.get("prefs", {}));
  root.dataset.script = "";
  root.dataset.mode = location.hash.startsWith("#w=") ? "world" : "live";
  if (prefs.theme === "light" || prefs.theme === "dark") root.dataset.theme = prefs.theme;
  if (prefs.view === "class") root.dataset.view = "class";
  const scale = (value) => {
    root.style.setProperty("--class-scale", String(value));
    root.dataset.columns = value > 1.6 ? "1" : value > 1.2 ? "2" : "3"; // how many panels fit side by side
  };
  if (prefs.scale >= 0.8 && prefs.scale <= 2) scale(prefs.scale);

  function prefer(change) {
    Object.assign(prefs, change);
    memory.set("prefs", prefs);
  }

  // --- tools ------------------------------------------------------------------

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
    enlarge("");
    prefer({ view: on ? "class" : "" });
    showClass();
  }

  function showClass() {
    $('[data-tool="class"]')?.setAttribute("aria-pressed", String(root.dataset.view === "class"));
  }

  /** In class view the type fits the screen; this makes it smaller or larger. */
  function zoom(step) {
    if (root.dataset.view !== "class") return;
    const next = Math.min(2, Math.max(0.8, Math.round(((prefs.scale || 1) + step) * 10) / 10));
    scale(next);
    prefer({ scale: next });
  }

  /** In class view, let one part of the page fill the screen, or restore it. */
  function enlarge(part) {
    if (root.dataset.view === "class" && part && root.dataset.large !== part) root.dataset.large = part;
    else delete root.dataset.large;
  }

  const done = () => Object(memory.get("done", {}));
  function showDone() {
    const steps = done();
    for (const dot of $$("[data-step-id]")) dot.toggleAttribute("data-done", steps[dot.dataset.stepId] === 1);
  }

  document.addEventListener("step-done", (event) => {
    const step = /** @type {CustomEvent} */ (event).detail;
    memory.set("done", { ...done(), [step]: 1 });
    showDone();
    const chosen = $("[data-outcome].chosen");
    if (chosen) study().then((module) => module.judged(step, chosen.dataset.held === "true"));
  });

  document.addEventListener("task-solved", (event) => {
    const { id, actions, par } = /** @type {CustomEvent} */ (event).detail;
    study().then((module) => module.taskSolved(id, actions, par));
  });

  /** The module for a student's progress is loaded on first use. */
  const study = () => import(document.body.dataset.study);

  document.addEventListener("DOMContentLoaded", () => {
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
    off.checked = Boolean(prefs.keysOff);
    off.addEventListener("change", () => prefer({ keysOff: off.checked }));
    showClass();
    showDone();
    for (const tabs of $$("[data-tabs]")) startTabs(tabs);
    startKeys(sheet, off);
    startOver();
    backToClass();
    $("[data-print]")?.addEventListener("click", () => print());
    // On paper nothing is folded; not every browser does that by style.
    addEventListener("beforeprint", () => $("[data-leaf-fold]")?.setAttribute("open", ""));
    if ($("[data-recall]") && memory.get("progress", null)) study();
  });

  // --- keys -------------------------------------------------------------------

  /** Handle keys, except in fields and with Ctrl, Alt or Meta. */
  function startKeys(sheet, off) {
    const choose = (n) => $$("[data-guess] input")[n]?.click();
    const keys = {
      ArrowRight: () => $('[data-nav="next"]')?.click(),
      ArrowLeft: () => $('[data-nav="prev"]')?.click(),
      r: () => ($("[data-turn]") ?? $("[data-actions] .run"))?.click(),
      c: toggleClass,
      b: () => enlarge("browser"),
      w: () => enlarge("wire"),
      s: () => enlarge("server"),
      l: () => enlarge("lifetimes"),
      k: () => enlarge("story"),
      "+": () => zoom(0.1),
      "=": () => zoom(0.1),
      "-": () => zoom(-0.1),
      ",": () => $('[data-frame="back"]')?.click(),
      ".": () => $('[data-frame="forward"]')?.click(),
      j: () => $("[data-slowly]")?.click(),
      p: () => document.dispatchEvent(new CustomEvent("peek")),
      "?": () => sheet.showModal(),
      1: () => choose(0),
      2: () => choose(1),
      3: () => choose(2),
      4: () => choose(3),
    };
    let mouse = false; // the last choice was made by mouse, so arrows do not change it
    document.addEventListener("pointerdown", () => (mouse = true), { capture: true });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Tab") mouse = false;
      if (event.key === "Escape") {
        root.dataset.tipsOff = "";
        enlarge("");
      }
      if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || sheet.open) return;
      const at = /** @type {HTMLElement} */ (event.target);
      const radio = at instanceof HTMLInputElement && at.type === "radio";
      if (at.isContentEditable || (!radio && at.matches("input, select, textarea"))) return;
      if (event.key.startsWith("Arrow") && ((radio && !mouse) || at.matches('[role="tab"], pre, [role="slider"]'))) return;
      if (event.key !== "?" && off.checked) return;
      const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
      if (!act || (event.repeat && event.key.toLowerCase() === "r")) return;
      event.preventDefault();
      act();
    });
    // A tip closed with Escape can show again after the next movement.
    for (const kind of ["pointerover", "focusin"]) document.addEventListener(kind, () => delete root.dataset.tipsOff);
  }

  function startTabs(tabs) {
    const all = $$('[role="tab"]', tabs);
    const show = (tab) => {
      for (const each of all) {
        each.setAttribute("aria-selected", String(each === tab));
        each.tabIndex = each === tab ? 0 : -1;
        $("#" + each.getAttribute("aria-controls")).hidden = each !== tab;
      }
    };
    tabs.addEventListener("click", (event) => {
      const tab = event.target.closest('[role="tab"]');
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
    tabs.dataset.ready = "";
  }

  // --- the class ----------------------------------------------------------------

  /** Every page has a link back to a class joined today. */
  function backToClass() {
    const link = /** @type {HTMLAnchorElement | null} */ ($("[data-class-back]"));
    const { code, at } = Object(memory.get("class", {}));
    if (!link || $("[data-class]") || !/^[a-z2-9]{6}$/.test(code) || Date.now() - at > 4 * 3600 * 1000) return;
    link.href = `/${root.lang}/class/${code}`;
    link.hidden = false;
  }

  // --- starting over ----------------------------------------------------------

  /** Delete the cookies in the ledger, flush the session, and change nothing else. */
  function startOver() {
    $("[data-start-over]")?.addEventListener("submit", async (event) => {
      event.preventDefault();
      const form = event.currentTarget;
      const { startOver } = await import(form.dataset.module);
      await startOver();
      // A page with panels handles the event and draws them again; any other page is reloaded.
      if (form.dispatchEvent(new CustomEvent("over", { bubbles: true, cancelable: true }))) location.reload();
    });
  }
})();
