// Runs before the first paint: what the visitor chose last time, kept in web
// storage, since this site has no cookie of its own.
(() => {
  const root = document.documentElement;
  root.dataset.script = "";
  root.dataset.mode = location.hash.startsWith("#w=") ? "world" : "live";
  try {
    const prefs = JSON.parse(localStorage.getItem("cookielab.prefs")) ?? {};
    if (prefs.theme === "light" || prefs.theme === "dark") root.dataset.theme = prefs.theme;
    if (prefs.view === "class") root.dataset.view = "class";
    if (prefs.scale >= 0.8 && prefs.scale <= 2) root.style.setProperty("--scale", prefs.scale);
  } catch {
    // Storage may be closed; the page is as it comes.
  }
})();
