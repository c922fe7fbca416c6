// --- the flame graph of cascades ---
function flames() {
  const given = data.flames, n = given.parent.length;
  if (!n) return;
  const LEAST = 0.0015, HIGH = 24, all = { name: "all", children: [], depth: 0, path: [] };
  const frames = given.parent.map((below, k) => ({ k, below, name: given.label[k] < 0 ? "deeper" : given.names[given.label[k]], children: [] }));
  const measures = given.adds && given.adds.some((v) => v > 0) ? ["adds", "deliveries"] : ["deliveries"];
  for (const f of frames) {
    f.under = f.below < 0 ? all : frames[f.below];
    f.depth = f.under.depth + 1;
    f.path = [...f.under.path, f.name];
    f.under.children.push(f);
  }
  for (const name of measures) {
    all[name] = { own: 0, sum: 0 };
    for (const f of frames) f[name] = { own: given[name][f.k], sum: given[name][f.k] };
    for (const f of [...frames].reverse()) f.under[name].sum += f[name].sum;
  }
  const say = { adds: (v) => `${count(v)} ${v === 1 ? "add" : "adds"}`, deliveries: (v) => `${count(v)} ${v === 1 ? "delivery" : "deliveries"}` };
  let by = measures[0], zoom = all, at = all, seen = new Map();
  const said = h("p", { class: "said", id: "flame-said", role: "status" }), box = h("div", { class: "flame", id: "flame", role: "tree", "aria-label": "Flame graph of cascades. The table below has the numbers." });
  const out = h("button", { type: "button", id: "flame-out", onclick: () => { show(zoom.under || all); focus(zoom); } }, "Zoom out");
  const share = (f) => all[by].sum ? f[by].sum / all[by].sum : 0;
  const words = (f) => `${say[by](f[by].sum)}, ${percent(share(f))} of all${f.depth > 1 && f[by].own < f[by].sum ? `; of these ${say[by](f[by].own)} at ${f.name} itself, on this path` : ""}`;
  function tell(f) {
    said.replaceChildren(h("strong", {}, f === all ? "All cascades" : f.path.join(" › ")), `: ${words(f)}.`);
  }
  // The chosen frame, those it stands on, and those on it; each as wide as its share of the chosen one.
  function show(f) {
    zoom = f;
    seen = new Map();
    const made = [], line = [];
    for (let below = f; below; below = below.under) line.unshift(below);
    let deepest = f.depth, narrow = 0;
    const put = (g, left, wide) => {
      const c = bounds.filter((b) => (all[by].sum ? g[by].own / all[by].sum : 0) > b).length;
      const element = h("button", { type: "button", role: "treeitem", class: `frame c${g.depth < f.depth ? 0 : c}`, tabindex: -1, "data-frame": g === all ? "all" : g.k, "aria-level": g.depth + 1, "aria-expanded": g.children.length ? String(seen.has(g)) : null,
        "aria-label": `${g === all ? "all cascades" : g.path.join(", ")}: ${words(g)}`, title: `${g === all ? "All cascades" : g.path.join(" › ")}: ${words(g)}` }, g.name);
      element.style.left = `${100 * left}%`;
      element.style.width = `${100 * wide}%`;
      element.style.top = `${HIGH * g.depth}px`;
      element.addEventListener("mouseenter", () => tell(g));
      element.addEventListener("focus", () => { mark(g); tell(g); });
      element.addEventListener("click", () => { show(g === zoom && g.under ? g.under : g); focus(g); });
      seen.set(g, element);
      made.push(element);
      deepest = Math.max(deepest, g.depth);
    };
    const up = (g, left, wide) => {
      put(g, left, wide);
      for (const child of g.children) {
        const part = f[by].sum ? child[by].sum / f[by].sum : 0;
        if (part >= LEAST) up(child, left, part);
        else if (child[by].sum) narrow += 1;
        left += part;
      }
    };
    for (const below of line.slice(0, -1)) put(below, 0, 1);
    up(f, 0, 1);
    box.style.height = `${HIGH * (deepest + 1)}px`;
    box.replaceChildren(...made);
    out.disabled = zoom === all;
    thin.textContent = narrow ? `${count(narrow)} ${narrow === 1 ? "frame is" : "frames are"} too narrow to be drawn here: zoom in, or see the table.` : "";
    mark(seen.has(at) ? at : zoom);
    tell(at);
  }
  function mark(f) {
    at = f;
    for (const [g, element] of seen) {
      element.tabIndex = g === f ? 0 : -1;
      element.toggleAttribute("data-now", g === f);
    }
  }
  const focus = (f) => seen.get(f)?.focus();
  box.addEventListener("mouseleave", () => tell(at));
  box.addEventListener("keydown", (e) => {
    const beside = at.under ? at.under.children.filter((g) => seen.has(g)) : [at], k = beside.indexOf(at);
    const to = { ArrowLeft: () => beside[k - 1], ArrowRight: () => beside[k + 1], ArrowUp: () => at.under, ArrowDown: () => at.children.find((g) => seen.has(g)), Home: () => all, Escape: () => { show(zoom.under || all); return seen.has(at) ? at : zoom; } }[e.key];
    if (!to) return;
    e.preventDefault();
    focus(to());
  });
  const thin = h("p", { class: "soft small" });
  const choose = choices("What the width counts", measures, () => by, (name) => { by = name; show(zoom[name].sum ? zoom : all); });
  const why = data.run["before the log"] ? "The log does not hold the whole run: frames are of the deliveries that it holds." : null;
  const uncounted = given.adds ? null : "Adds are not known delivery by delivery, so widths are deliveries.";
  const deep = given.label.includes(-1) ? `Paths have up to ${count(given.deepest)} ${given.deepest === 1 ? "module" : "modules"} here; what lies deeper is one frame, “deeper”.` : null;
  const shares = ["none", "to 0.1 %", "to 1 %", "to 10 %", "to 30 %", "more"];
  section("flames", "Flame graph of cascades",
    h("p", {}, "All cascades, merged: at the top all of them, below it the kinds of input events (port and sign), then what these led to, module by module. A frame is one path of modules, as wide as all that went that way and further; a module that sends to itself stays in its frame. The darker the blue (in dark colours: the brighter), the more of all in the frame itself."),
    h("p", { class: "small noprint" }, "Point at a frame, or tap it, for its figures; a click or Enter zooms in, on the zoomed frame out. By keyboard: Tab to the graph, ", h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " beside, ", h("kbd", {}, "↑"), " ", h("kbd", {}, "↓"), " back and on, ", h("kbd", {}, "Esc"), " zooms out, ", h("kbd", {}, "Home"), " to all."),
    [why, uncounted, deep].filter(Boolean).map((line) => h("p", { class: "small" }, line)),
    h("div", { class: "choices" }, measures.length > 1 ? choose : null, out),
    h("div", { class: "legend" }, h("span", { class: "key" }, "Share of all in the frame itself:"), shares.map((line, k) => h("span", { class: "key" }, s("svg", { width: 22, height: 14, "aria-hidden": "true", class: `c${k}` }, s("rect", { class: "box", width: 22, height: 14, rx: 3 })), line))),
    said, box, thin,
    folded("As a table", table("flame graph", "Frames: paths of modules; own is of the frame itself, in all with what stands on it", [["path", ""], ...measures.flatMap((name) => [[`${name}, own`, "n"], [`${name}, in all`, "n"]])],
      frames.map((f) => [f.path.join(" › "), ...measures.flatMap((name) => [f[name].own, f[name].sum])]), {}, { tall: n > 14 })));
  show(all);
}
