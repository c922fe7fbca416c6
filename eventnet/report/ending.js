
// --- widths, colours, print ---
function redraw(force) { for (const c of charts) c.redraw(force); }
redraw(true);
const observer = new ResizeObserver(() => redraw(false));
for (const c of charts) observer.observe(c.frame);
const dark = matchMedia("(prefers-color-scheme: dark)");
let theme = "auto";
function colour() {
  root.toggleAttribute("data-dark", theme === "dark" || theme === "auto" && dark.matches);
  for (const b of document.querySelectorAll("[data-theme]")) b.setAttribute("aria-pressed", String(b.dataset.theme === theme));
}
for (const b of document.querySelectorAll("[data-theme]")) b.addEventListener("click", () => { theme = b.dataset.theme; colour(); });
dark.addEventListener("change", colour);
colour();
let opened = [];
addEventListener("beforeprint", () => {
  printing = true;
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const d of opened) d.open = true;
  redraw(true);
});
addEventListener("afterprint", () => {
  printing = false;
  for (const d of opened) d.open = false;
  redraw(true);
});
root.setAttribute("data-ready", "");
