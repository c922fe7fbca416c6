// --- names ---
const KINDS = ["input", "synaptic", "neuron", "learning"];
const signed = (sign) => sign > 0 ? "+1" : "−1";
const portName = (number) => data.ports[number].name;
const sourceName = (number) => data.outlets[number].name, sourceModule = (number) => data.outlets[number].module;
const event = (e) => `${portName(e.port)}[${e.index}] ${signed(e.sign)}`;

// --- head ---
const run = data.run, order = data.manifest.simulation;
{
  const found = data.energy[0];
  const lasts = run.first === null ? "–" : `${count(run.first)} to ${count(run.last)}`;
  const list = figures([
    ["Deliveries", count(run.deliveries), "events handed to a port"], ["Spikes", count(run.spikes), "sent by neurons"],
    ["Adds", count(run.adds), "of every kind"], ["Multiplications", count(run.multiplies), ""],
    ["Energy, estimated", energy(found.typical), `${found.low === found.high ? `by ${found.prices}` : `${energy(found.low)} to ${energy(found.high)}, ${found.prices}`}; ${energy(found["comparisons too"])} with comparisons too`],
    ["Input events", count(run.inputs), run["before the log"] ? "in the log" : ""], ["Order", run.order, order.coalesce ? `checks: ${order.coalesce}` : ""],
    ["Time, ticks", lasts, ""],
  ]);
  const options = Object.entries(data.manifest.options || {}).filter(([, value]) => value !== null && value !== "");
  const settings = Object.entries(order).filter(([, value]) => value !== null);
  const notes = data.notes.length ? h("div", { class: "notes", role: "note" }, h("strong", {}, "What this page leaves out"), h("ul", {}, data.notes.map((words) => h("li", {}, words)))) : null;
  section("summary", "Summary", list,
    h("h3", {}, "How to make it again"), h("pre", { id: "command" }, h("code", {}, data.manifest.command_line)),
    h("p", { class: "small" }, `Versions: ${versions}. Seed: ${data.manifest.seed ?? order.seed}.`),
    folded("Settings and options", table("settings", "Settings of the run", [["setting", ""], ["value", "word"]],
      [...settings, ...options.map(([k, v]) => [`option ${k}`, v])].map(([k, v]) => [k, typeof v === "object" ? JSON.stringify(v) : String(v)]))),
    notes);
}

// --- the network ---
const columnOf = new Map(data.graph.modules.map((m, k) => [m.name, m.x * 1000 + m.y * 10 + k / 1000]));
const graph = data.graph, BOX = { width: 158, height: 62, across: 232, down: 112 };
const totalAdds = run.adds;
const bounds = [0, 0.001, 0.01, 0.1, 0.3];
const costClass = (adds) => { const share = totalAdds ? adds / totalAdds : 0; return `c${bounds.filter((b) => share > b).length}`; };
const clip = (words, length) => words.length > length ? `${words.slice(0, length - 1)}…` : words;
// Draws the network; returns the picture and what can be lit: boxes by module, wires by pair of modules.
function network(options = {}) {
  const ys = graph.modules.map((m) => m.y).concat(graph.links.flatMap((l) => l.through.map((p) => p[1])));
  const top = Math.min(0, ...ys), bottom = Math.max(0, ...ys), right = Math.max(0, ...graph.modules.map((m) => m.x));
  const backs = graph.links.filter((l) => l.back);
  const left = 14, above = options.plain ? 30 : 46;
  const place = (x, y) => [left + BOX.across * x, above + BOX.height / 2 + BOX.down * (y - top)];
  const floor = 14 + Math.max(0, ...graph.modules.map((m) => place(m.x, m.y)[1] + BOX.height / 2), ...graph.links.flatMap((l) => l.through.map((p) => place(...p)[1])));
  const height = floor + 22 * backs.length + 8, width = left + BOX.across * right + BOX.width + 30;
  const most = Math.max(1, ...graph.links.map((l) => l.traffic), ...graph.modules.map((m) => m.inputs));
  const thick = (n) => n ? 1 + 8 * Math.sqrt(n / most) : 1;
  const wires = s("g"), tips = s("g"), boxes = s("g"), words = s("g");
  const lit = { boxes: new Map(), wires: new Map() };
  const few = graph.links.length <= 40;
  const tip = (x, y, angle, n, widest) => { const k = 4 + 0.75 * Math.min(widest, thick(n)); return s("path", { class: "tip", d: `M0 0L${-1.6 * k} ${-0.8 * k}L${-1.6 * k} ${0.8 * k}z`, transform: `translate(${x} ${y}) rotate(${angle})` }); };
  function wire(key, d, n, end, angle, at, title, widest = 9) {
    const path = s("path", { class: n ? "wire" : "wire idle", d, "stroke-width": Math.min(widest, thick(n)) }, s("title", {}, title));
    const head = tip(end[0], end[1], angle, n, widest);
    wires.append(path);
    tips.append(head);
    lit.wires.set(key, [path, head]);
    if (at && few && n && !options.plain) words.append(text(at[0], at[1], count(n), { class: "halo soft", "text-anchor": "middle" }));
  }
  let below = 0;
  for (const l of graph.links) {
    const a = graph.modules[l.from], b = graph.modules[l.to], title = `${a.name} to ${b.name}: ${count(l.traffic)} deliveries`;
    const [ax, ay] = place(a.x, a.y), [bx, by] = place(b.x, b.y), key = `${a.name}\n${b.name}`;
    if (l.from === l.to && !l.traffic) continue;
    if (l.from === l.to) {
      const x = ax + BOX.width - 30, y = ay - BOX.height / 2;
      wire(key, `M${x} ${y}c-4 -26 30 -26 22 -6`, l.traffic, [x + 20, y], 110, [x - 18, y - 10], title);
    } else if (l.back) {
      const y = floor + 22 * below++, x1 = ax + BOX.width * 0.7, x2 = bx + BOX.width * 0.3, y1 = ay + BOX.height / 2, y2 = by + BOX.height / 2;
      wire(key, `M${x1} ${y1}C${x1 + 24} ${y} ${x1 + 10} ${y} ${x1 - 20} ${y}L${x2 + 20} ${y}C${x2 - 10} ${y} ${x2} ${y} ${x2} ${y2 + 9}`, l.traffic, [x2, y2], -90, [(x1 + x2) / 2, y + 4], title);
    } else {
      const points = [[ax + BOX.width, ay], ...l.through.flatMap(([x, y]) => { const [px, py] = place(x, y); return [[px, py], [px + BOX.width, py]]; }), [bx - 3, by]];
      const stop = 5 + thick(l.traffic);
      let d = `M${points[0]}`;
      points.slice(1).forEach(([x, y], k) => {
        const [px, py] = points[k], last = k === points.length - 2, ex = last ? x - stop : x;
        d += k % 2 ? `L${x} ${y}` : `C${px + (x - px) * 0.5} ${py} ${ex - (x - px) * 0.4} ${y} ${ex} ${y}`;
      });
      const [qx, qy] = points[0], [rx, ry] = points[1];
      wire(key, d, l.traffic, [bx - 1, by], 0, [(qx + rx) / 2, (qy + ry) / 2 - 6], title);
    }
  }
  for (const m of graph.modules) {
    const [x, y] = place(m.x, m.y);
    if (m.inputs) {
      wire(`\n${m.name}`, `M${x + 26} ${y - BOX.height / 2 - 26}v${19 - 1.4 * Math.min(5, thick(m.inputs))}`, m.inputs, [x + 26, y - BOX.height / 2 - 1], 90, null, `inputs to ${m.name}: ${count(m.inputs)}`, 5);
      if (!options.plain) words.append(text(x + 26, y - BOX.height / 2 - 31, `${count(m.inputs)} input${m.inputs === 1 ? "" : "s"}`, { class: "halo soft", "text-anchor": "middle" }));
    }
    const middle = x + BOX.width / 2;
    const box = s("g", { class: options.plain ? "c0" : costClass(m.adds), "data-module": m.name },
      s("title", {}, `${m.name} (${m.kind}, ${count(m.units)} units): ${count(m.adds)} adds, ${count(m.deliveries)} deliveries, ${count(m.spikes)} spikes`),
      s("rect", { class: "box", x, y: y - BOX.height / 2, width: BOX.width, height: BOX.height, rx: 7 }),
      text(middle, y - 11, clip(m.name, 20), { "text-anchor": "middle", class: "name" }),
      text(middle, y + 6, clip(`${m.kind}, ${count(m.units)}`, 25), { "text-anchor": "middle" }),
      text(middle, y + 22, options.plain ? "0 so far" : totalAdds ? `${count(m.adds)} adds, ${percent(m.adds / totalAdds)}` : `${count(m.deliveries)} deliveries`, { "text-anchor": "middle" }));
    boxes.append(box);
    lit.boxes.set(m.name, box);
  }
  const drawn = canvas(width, height, wires, tips, boxes, words);
  if (width > 1100) drawn.setAttribute("data-wide", "");
  return { drawn, lit, width };
}
{
  const label = `The network: ${count(graph.modules.length)} modules and ${count(graph.wires.length)} wires. The tables below it have the same in words.`;
  const net = chart(label, () => { const made = network(); made.drawn.style.minWidth = `${Math.min(made.width, Math.max(360, made.width * 0.75))}px`; return made.drawn; });
  const shares = ["none", "to 0.1 %", "to 1 %", "to 10 %", "to 30 %", "more"];
  const key = h("div", { class: "legend" }, h("span", { class: "key" }, "Share of all adds:"), shares.map((words, k) => h("span", { class: "key" },
    s("svg", { width: 22, height: 14, "aria-hidden": "true", class: `c${k}` }, s("rect", { class: "box", width: 22, height: 14, rx: 3 })), words)));
  const modules = data.costs[0].modules, kind = new Map(graph.modules.map((m) => [m.name, m]));
  section("network", "Network", h("p", {}, "Boxes are modules: the darker the blue (in dark colours: the brighter), the more of the adds. Lines are wires: the wider, the more deliveries; a number is how many. Lines that close a cycle run below. Dashed: nothing was delivered."),
    key, net.frame,
    folded("Wires as a table", table("wires", "Wires and what was delivered over them", [["from", ""], ["to", ""], ["delay, ticks", ""], ["deliveries", "n"]],
      [...data.graph.modules.filter((m) => m.inputs).map((m) => ["inputs", m.name, "", m.inputs]), ...graph.wires.map((w) => [`${w.from}.${w.outlet}`, `${w.to}.${w.port}`, w.settled ? "settled" : w.delays.join(", "), w.traffic])], {}, { tall: graph.wires.length > 12 })),
    folded("Modules as a table", table("modules", "Modules and what they did", [["module", ""], ["kind", ""], ["units", "n"], ["deliveries", "n"], ["spikes", "n"], ["notices", "n"], ["adds", "n"], ["compares", "n"], ["multiplies", "n"], ["reads", "n"], ["writes", "n"]],
      modules.map((m) => [m.name, kind.get(m.name)?.kind ?? "", kind.get(m.name)?.units ?? null, m.deliveries, m.spikes, m.notices, m.adds, m.compares, m.multiplies, m.reads, m.writes]), {}, { tall: modules.length > 12 })));
}

// --- cost ---
function causes(panel) {
  const rows = panel.modules.filter((m) => m.adds > 0);
  return (width) => {
    const left = Math.min(150, width * 0.32), right = 78, each = 26, most = Math.max(1, ...rows.map((m) => m.adds));
    const scale = (width - left - right) / most, height = 30 + each * rows.length + 26, drawn = [];
    for (const t of ticks(0, most, Math.max(2, Math.floor((width - left) / 130)))) {
      drawn.push(line(left + t * scale, 4, left + t * scale, height - 42, "grid"), text(left + t * scale, height - 26, count(t), { "text-anchor": "middle", class: "soft" }));
    }
    rows.forEach((m, k) => {
      let x = left;
      const y = 6 + each * k;
      drawn.push(text(left - 8, y + 14, clip(m.name, Math.floor(left / 7.5)), { "text-anchor": "end" }, ));
      for (const kind of KINDS) {
        const long = m[`${kind}_adds`] * scale;
        if (long > 0) drawn.push(s("rect", { class: `f-${kind}`, x, y, width: Math.max(0.6, long - (long > 3 ? 1 : 0)), height: 18, "data-module": m.name, "data-kind": kind }, s("title", {}, `${m.name}: ${count(m[`${kind}_adds`])} ${kind} adds`)));
        x += long;
      }
      drawn.push(text(x + 6, y + 14, count(m.adds)));
    });
    drawn.push(line(left, 2, left, height - 42, "axis"), text(left + (width - left - right) / 2, height - 6, `adds${panel.unit ? ` ${panel.unit}` : ""}`, { "text-anchor": "middle", class: "soft" }));
    return canvas(width, height, drawn);
  };
}
{
  const content = [];
  for (const panel of data.costs) {
    const sums = KINDS.map((kind) => panel.totals[`${kind}_adds`]);
    const parts = KINDS.map((kind, k) => sums[k] ? `${kind} ${count(sums[k])} (${percent(sums[k] / panel.totals.adds)})` : null).filter(Boolean).join(", ");
    content.push(h("h3", {}, `${panel.title}: ${count(panel.totals.adds)} adds${panel.unit ? ` ${panel.unit}` : ""}`),
      h("p", { class: "small" }, `${parts ? `By cause: ${parts}. ` : ""}Energy, estimated by ${data.prices.name}: ${span(...panel.energy)}; ${energy(panel["comparisons too"])} with comparisons too.`));
    if (panel.totals.adds) {
      const made = chart(`${panel.title}: adds by module and cause, as bars. The table below has the numbers.`, causes(panel));
      content.push(made.frame);
    }
    const names = ["module", "input adds", "synaptic adds", "neuron adds", "learning adds", "all adds", "energy, pJ: low", "typical", "high", "typical, comparisons too"];
    const rows = panel.modules.map((m) => [m.name, ...KINDS.map((kind) => m[`${kind}_adds`]), m.adds, ...m.energy, m["comparisons too"]]);
    rows.push(["all", ...sums, panel.totals.adds, ...panel.energy, panel["comparisons too"]]);
    content.push(folded("As a table", table(`costs ${panel.title}`, `${panel.title}: adds by module and cause${panel.unit ? `, ${panel.unit}` : ""}`, names.map((name, k) => [name, k ? "n" : ""]), rows, {}, { tall: rows.length > 14 })));
  }
  const key = h("div", { class: "legend" }, [["input", "input: vectors fed in"], ["synaptic", "synaptic: rows and columns of weights"], ["neuron", "neuron: inside neurons"], ["learning", "learning: changes of weights"]].map(([kind, words]) => h("span", { class: "key" }, s("svg", { width: 16, height: 14, "aria-hidden": "true" }, s("rect", { class: `f-${kind}`, width: 16, height: 14 })), words)));
  const ports = data.ports.filter((p) => data.columns.some((c) => p[c]));
  section("cost", "Cost", key, ...content,
    folded("All counts by port", table("ports", "The tally of this run: every port at which something was counted", [["port", ""], ...data.columns.map((c) => [c.replace("_", " "), "n"])],
      [...ports.map((p) => [p.name, ...data.columns.map((c) => p[c])]), ["all", ...data.columns.map((c) => data.costs[0].totals[c])]], {}, { tall: ports.length > 14 })));
}
flows();
{
  const lists = data.energy.filter((e) => e.high > 0);
  const draw = (width) => {
    const left = Math.min(190, width * 0.42), right = 24, each = 26, height = 12 + each * lists.length + 44;
    const low = Math.floor(Math.log10(Math.min(...lists.map((e) => e.low || e.typical)))), high = Math.ceil(Math.log10(Math.max(...lists.map((e) => e.high))));
    const x = (value) => left + 8 + (Math.log10(Math.max(value, 10 ** low)) - low) / Math.max(1, high - low) * (width - left - right - 8), drawn = [];
    for (let k = low; k <= high; k += Math.max(1, Math.ceil((high - low) / Math.max(2, (width - left) / 75)))) drawn.push(line(x(10 ** k), 4, x(10 ** k), height - 44, "grid"), text(x(10 ** k), height - 28, energy(10 ** k), { "text-anchor": "middle", class: "soft" }));
    lists.forEach((e, k) => {
      const y = 16 + each * k;
      drawn.push(text(left - 6, y + 4, clip(e.prices, Math.floor(left / 7.6)), { "text-anchor": "end" }), line(x(e.low), y, x(e.high), y, "range"),
        s("circle", { class: "point", cx: x(e.typical), cy: y, r: 5.5 }, s("title", {}, `${e.prices}: ${span(e.low, e.typical, e.high)}`)));
    });
    drawn.push(text(left + (width - left) / 2, height - 6, width < 520 ? "energy of this run, estimated" : "energy of this run, estimated (each grid line to the next is a power of ten)", { "text-anchor": "middle", class: "soft" }));
    return canvas(width, height, drawn);
  };
  const shown = { "low, typical, high": (value) => value };
  section("energy", "Energy, estimated",
    h("p", {}, "An estimate and never a measurement: what was counted, times the prices of each list. A dot is the typical price, a line the range with every price at its low or high end at once. What a list has no price for is left out of it, so lists that price different things are no contest. Comparisons too: with each at the price of an addition, where the list has none for it."),
    lists.length ? chart("Energy of this run by each price list, as dots with ranges. The table below has the numbers.", draw).frame : h("p", {}, "Nothing that was counted has a price in any list."),
    folded("As a table", table("energy", "Energy of this run by each price list", [["price list", ""], ["low, pJ", "n"], ["typical, pJ", "n"], ["high, pJ", "n"], ["typical", ""], ["comparisons too", ""], ["not priced", "word"], ["prices not sure", ""]],
      data.energy.map((e) => [e.prices, e.low, e.typical, e.high, energy(e.typical), energy(e["comparisons too"]), Object.entries(e.unpriced).map(([k, v]) => `${count(v)} ${k.replace("_", " ")}`).join(", "), e.unsure.join(", ").replaceAll("_", " ")]))));
}

// --- cascades ---
const shown = data.cascades, flat = shown.columns;
const starts = new Map();
{
  let at = 0;
  for (const e of shown.events) { starts.set(e, at); at += e.held; }
}
function unfold(e) {
  const rows = [];
  let id = e.id, t = e.t;
  for (let k = 0; k < e.held; k++) {
    const j = starts.get(e) + k, parent = flat.parent[j];
    id += flat.id[j];
    t += flat.t[j];
    rows.push({ k, id, t, parent, port: flat.port[j], source: flat.source[j], index: flat.index[j], sign: flat.sign[j],
      adds: flat.adds.length && flat.adds[j] >= 0 ? flat.adds[j] : null, depth: parent >= 0 ? rows[parent].depth + 1 : 0, module: data.ports[flat.port[j]].module });
  }
  return rows;
}
const costWords = (e) => shown.counted ? `${count(e.adds)} adds` : `${count(e.deliveries)} deliveries`;
let explore = () => {};
if (shown.events.length) {
  const kinds = shown.kinds.length > 1 ? shown.kinds.map((name, j) => [name, j]).filter(([, j]) => shown.events.some((e) => e.kinds && e.kinds[j])) : [];
  const rows = shown.costliest.map((k, rank) => { const e = shown.events[k]; return [rank + 1, event(e), e.t, e.deliveries, e.depth, e.adds, e.adds === null || !run.adds ? null : e.adds / run.adds, ...kinds.map(([, j]) => e.kinds ? e.kinds[j] : null), e["ticks to an end"]]; });
  section("costliest", "Costliest input events", h("p", {}, `The ${count(rows.length)} input events that led to the most ${shown.counted ? "adds" : "deliveries (adds by input event were not counted: run with roots=True)"}. Latency is the time to the first delivery of its cascade at a module that sends nothing on.`),
    table("costliest input events", "The costliest input events", [["rank", "n"], ["event", ""], ["at, ticks", "n"], ["deliveries", "n"], ["depth", "n"], ["adds", "n"], ["share of adds", "n"], ...kinds.map(([k]) => [`${k} adds`, "n"]), ["latency, ticks", "n"]], rows,
      { event: (value, row) => h("button", { type: "button", class: "link mono", title: "See its cascade unfold", onclick: () => explore(shown.costliest[row[0] - 1]) }, value), "share of adds": (value) => value === null ? "–" : percent(value) }));
}
flames();
if (shown.events.length) explorer();
function explorer() {
  const PAGE = 200;
  let chosen = -1, rows = [], step = 0, timer = 0, first = -1, lights = null, sequence = [], wanted = "", looked = "";
  const listbox = h("ul", { class: "listbox", role: "listbox", "aria-label": "Input events", id: "events" });
  const slider = h("input", { type: "range", min: 0, value: 0, id: "step", "aria-label": "Step of the cascade" });
  const said = h("p", { class: "said", id: "said" }), live = h("p", { class: "unseen", "aria-live": "polite", id: "live" });
  const position = h("span", { class: "small", id: "position" });
  const frame = h("div", { class: "scroll quiet", tabindex: 0, role: "region", "aria-label": "The network; modules light up as the cascade reaches them. The list of deliveries has the same in words." });
  const lanes = chart("The cascade: modules from top to bottom, deliveries from left to right, lines from cause to effect. The list of deliveries has the same in words.", drawLanes);
  const body = h("tbody", {}), caption = h("caption", {}, "");
  const list = h("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": "Deliveries of the cascade" },
    h("table", { id: "deliveries" }, caption, h("thead", {}, h("tr", {}, ["step", "delivery", "at, ticks", "what", "from", "caused by", "depth", "adds"].map((name, k) => h("th", { scope: "col", class: [0, 1, 2, 6, 7].includes(k) ? "n" : null }, name)))), body));
  const icon = (d) => s("svg", { class: "icon", viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" }, s("path", { d }));
  const PLAY = "M2 1L13 7L2 13z", PAUSE = "M2 1h4v12h-4zM8 1h4v12h-4z";
  const button = (id, label, d, action) => h("button", { type: "button", id, "aria-label": label, title: label, onclick: action }, icon(d));
  const play = button("play", "Play", PLAY, () => timer ? pause() : start());
  const speed = h("select", { id: "speed", "aria-label": "Speed" }, [["2", "2 a second"], ["8", "8 a second"], ["10s", "all in 10 s"], ["60s", "all in 60 s"]].map(([value, words]) => h("option", { value, selected: value === "10s" }, words)));
  const sorting = h("select", { id: "sorting", onchange: () => { fill(); mark(); } }, h("option", { value: "dear" }, shown.counted ? "most adds first" : "most deliveries first"), h("option", { value: "time" }, "in order of time"));
  speed.addEventListener("change", () => { if (timer) start(); });
  slider.addEventListener("input", () => { pause(); go(Number(slider.value)); });
  const player = h("div", { class: "player", role: "group", "aria-label": "Unfold the cascade" },
    button("begin", "To the input event", "M13 1L8 7L13 13zM8 1L3 7L8 13zM1 1h2v12h-2z", () => { pause(); go(0); }), button("back", "One delivery back", "M12 1L5 7L12 13zM1.5 1h2.5v12h-2.5z", () => { pause(); go(step - 1); }), play,
    button("next", "One delivery forward", "M2 1L9 7L2 13zM10 1h2.5v12h-2.5z", () => { pause(); go(step + 1); }), button("end", "To the last delivery", "M1 1L6 7L1 13zM6 1L11 7L6 13zM11 1h2v12h-2z", () => { pause(); go(rows.length - 1); }), slider, position, speed);
  const finder = search("the deliveries of the cascade", null, (query) => { looked = query; return listRows(); });
  const right = h("div", {}, player, said, live, frame, h("h3", {}, "In order, with causes"), lanes.frame, h("h3", {}, "Deliveries"), finder, list,
    tools("cascade", ["step", "delivery", "at, ticks", "what", "from", "caused by delivery", "depth", "adds"], () => rows.map((d) => [d.k, d.id, d.t, event(d), from(d), d.parent >= 0 ? rows[d.parent].id : null, d.depth, d.adds])));
  const made = section("cascades", "Cascade explorer",
    h("p", { class: "noprint" }, "Choose an input event (click it, or Tab to the list and use the arrow keys; Enter plays it). Its cascade unfolds delivery by delivery, in the order in which the queue gave them out. In the player: ", h("kbd", {}, "←"), " ", h("kbd", {}, "→"), " one delivery back and on, ", h("kbd", {}, "Space"), " play and pause, ", h("kbd", {}, "Home"), " ", h("kbd", {}, "End"), " first and last."),
    h("div", { class: "explorer" }, h("div", { class: "noprint" }, h("div", { class: "choices" }, h("label", { for: "sorting" }, "Input events,"), sorting), shown.events.length > SEARCHED ? search("the list of input events", shown.events.length, (query) => { wanted = query; fill(); mark(); return sequence.length; }) : null, listbox), right));
  const from = (d) => d.source < 0 ? "input" : sourceName(d.source);

  function fill() {
    sequence = shown.events.map((_, k) => k).filter((k) => !wanted || has(lower(`${event(shown.events[k])} t ${count(shown.events[k].t)} ${shown.events[k].t}`), wanted));
    const rank = new Map(shown.costliest.map((k, place) => [k, place]));
    const dear = (k) => shown.counted ? shown.events[k].adds ?? -1 : shown.events[k].deliveries;
    if (sorting.value === "dear") sequence.sort((a, b) => dear(b) - dear(a) || (rank.get(a) ?? 1e9) - (rank.get(b) ?? 1e9) || shown.events[a].id - shown.events[b].id);
    else sequence.sort((a, b) => shown.events[a].id - shown.events[b].id);
    listbox.replaceChildren(...sequence.map((k) => {
      const e = shown.events[k], cut = e.held < e.deliveries ? e.held ? `, the first ${count(e.held)} here` : ", not in this page" : "";
      return h("li", { role: "option", id: `event-${k}`, "data-event": k, tabindex: -1, "aria-selected": "false", onclick: () => select(k, true) },
        h("span", { class: "mono" }, event(e)), h("span", { class: "soft" }, `t ${count(e.t)}: ${count(e.deliveries)} ${e.deliveries === 1 ? "delivery" : "deliveries"}${shown.counted ? `, ${count(e.adds)} adds` : ""}, depth ${count(e.depth)}${cut}`));
    }));
  }
  function mark() {
    for (const li of listbox.children) {
      const on = Number(li.dataset.event) === chosen;
      li.setAttribute("aria-selected", on);
      li.tabIndex = on ? 0 : -1;
    }
    if (listbox.children.length && !sequence.includes(chosen)) listbox.firstElementChild.tabIndex = 0;
  }
  listbox.addEventListener("keydown", (e) => {
    const at = sequence.indexOf(Number(document.activeElement.dataset.event)), to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: sequence.length - 1, PageDown: Math.min(at + 8, sequence.length - 1), PageUp: Math.max(at - 8, 0) }[e.key];
    if (e.key === "Enter" || e.key === " ") { e.preventDefault(); select(sequence[at], true); return; }
    if (to === undefined) return;
    e.preventDefault();
    if (sequence[to] === undefined) return;
    select(sequence[to], false);
    document.getElementById(`event-${sequence[to]}`).focus();
  });
  player.addEventListener("keydown", (e) => {
    if (e.target === speed || e.altKey || e.ctrlKey || e.metaKey) return;
    const act = { ArrowLeft: () => go(step - 1), ArrowRight: () => go(step + 1), Home: () => go(0), End: () => go(rows.length - 1) }[e.key];
    if (act) { e.preventDefault(); pause(); act(); }
    else if (e.key === " " && e.target === slider) { e.preventDefault(); if (timer) pause(); else start(); }
  });

  // A click plays a cascade from its input event; the arrow keys show it whole.
  function select(k, plays) {
    pause();
    chosen = k;
    rows = unfold(shown.events[k]);
    slider.max = Math.max(0, rows.length - 1);
    first = -1;
    for (const element of [slider, play, ...player.querySelectorAll("button")]) element.disabled = !rows.length;
    caption.textContent = `Cascade of ${event(shown.events[k])} at t ${count(shown.events[k].t)}: ${count(rows.length)} of ${count(shown.events[k].deliveries)} deliveries`;
    mark();
    if (!rows.length) {
      said.textContent = "The deliveries of this cascade are not in this page: it was cut. A report of fewer inputs, or with a higher limit, has them.";
      live.textContent = said.textContent;
      body.replaceChildren();
      position.textContent = "";
      lanes.redraw(true);
      light();
      return;
    }
    go(plays && !calm.matches ? 0 : rows.length - 1);
    if (plays && !calm.matches) start();
  }
  function start() {
    clearInterval(timer);
    if (step >= rows.length - 1) go(0);
    const rate = { 2: 2, 8: 8, "10s": Math.max(2, rows.length / 10), "60s": Math.max(2, rows.length / 60) }[speed.value];
    const each = Math.max(1, Math.round(rate / 30));
    timer = setInterval(() => { if (step >= rows.length - 1) pause(); else go(Math.min(step + each, rows.length - 1), true); }, 1000 * each / rate);
    play.replaceChildren(icon(PAUSE));
    play.setAttribute("aria-label", "Pause");
    play.title = "Pause";
  }
  function pause() {
    const was = timer;
    clearInterval(timer);
    timer = 0;
    play.replaceChildren(icon(PLAY));
    play.setAttribute("aria-label", "Play");
    play.title = "Play";
    if (was) live.textContent = said.textContent;
  }
  function go(to, playing = false) {
    if (!rows.length) return;
    step = Math.max(0, Math.min(rows.length - 1, to));
    slider.value = step;
    const d = rows[step], made = rows.filter((o) => o.parent === step).length;
    position.textContent = `step ${count(step)} of ${count(rows.length - 1)}`;
    slider.setAttribute("aria-valuetext", `step ${step} of ${rows.length - 1}: ${event(d)}`);
    said.replaceChildren(h("strong", {}, step ? `Step ${count(step)}: ` : "Input event: "), h("span", { class: "mono" }, event(d)), ` at t ${count(d.t)}`,
      d.parent >= 0 ? `, over ${from(d)}, caused by step ${count(d.parent)} (${event(rows[d.parent])})` : "", `. It causes ${made ? count(made) : "no"} ${made === 1 ? "delivery" : "deliveries"}${rows.length < shown.events[chosen].deliveries ? " of those in this page" : ""}`, d.adds === null ? "." : ` and takes ${count(d.adds)} ${d.adds === 1 ? "add" : "adds"}.`);
    if (!playing) live.textContent = said.textContent;
    const begin = PAGE * Math.floor(step / PAGE);
    if (begin !== first) { first = begin; listRows(); } else markRows();
    lanes.redraw(true);
    light();
  }
  // Scrolls the list alone, never the page.
  function follow(row) {
    const top = row.offsetTop - list.querySelector("thead").offsetHeight, bottom = row.offsetTop + row.offsetHeight;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
  }
  const jump = (k) => h("button", { type: "button", class: "link", "aria-label": `step ${k}`, onclick: () => { pause(); go(k); } }, count(k));
  const told = (d) => lower(`${d.k} ${d.id} ${d.t} ${count(d.t)} ${event(d)} ${from(d)}`);
  // The page of the chosen step; or what is looked for, from the beginning.
  function listRows() {
    const found = looked ? rows.filter((d) => has(told(d), looked)) : rows, begin = looked ? 0 : first;
    body.replaceChildren(...found.slice(begin, begin + PAGE).map((d) => h("tr", { "data-step": d.k, "data-id": d.id }, h("td", { class: "n" }, jump(d.k)), h("td", { class: "n" }, count(d.id)), h("td", { class: "n" }, count(d.t)),
      h("td", { class: "mono" }, event(d)), h("td", { class: "mono" }, from(d)), h("td", {}, d.parent >= 0 ? ["step ", jump(d.parent)] : d.k ? "before the log" : "–"), h("td", { class: "n" }, count(d.depth)), h("td", { class: "n" }, count(d.adds)))));
    list.scrollTop = 0;
    markRows();
    return found.length;
  }
  function markRows() {
    for (const row of body.children) {
      const k = Number(row.dataset.step);
      row.className = k === step ? "now" : k > step ? "ahead" : "";
      if (k === step) { row.setAttribute("aria-current", "step"); follow(row); } else row.removeAttribute("aria-current");
    }
  }
  function drawLanes(width) {
    const page = rows.slice(first < 0 ? 0 : first, (first < 0 ? 0 : first) + PAGE), begin = page.length ? page[0].k : 0;
    const names = [...new Set(rows.map((d) => d.module))].sort((a, b) => (columnOf.get(a) ?? 1e9) - (columnOf.get(b) ?? 1e9));
    const left = Math.min(130, width * 0.3), each = 30, height = each * names.length + 46;
    const x = (k) => left + 14 + (k - begin) / Math.max(1, page.length - 1) * (width - left - 30), y = (d) => 16 + each * names.indexOf(d.module);
    const path = new Set();
    for (let d = rows[step]; d; d = rows[d.parent]) path.add(d.k);
    const drawn = names.map((name, k) => [line(left, 16 + each * k, width - 8, 16 + each * k, "lane"), text(left - 8, 20 + each * k, clip(name, Math.floor(left / 7.6)), { "text-anchor": "end" })]);
    const arcs = s("g"), dots = s("g");
    for (const d of page) {
      const ahead = d.k > step ? " ahead" : "", parent = rows[d.parent];
      if (parent) {
        const px = Math.max(left, x(parent.k)), py = y(parent), on = path.has(d.k) ? " path" : "";
        arcs.append(s("path", { class: `arc${on}${ahead}`, d: parent.module === d.module ? `M${px} ${py}Q${(px + x(d.k)) / 2} ${py - 16} ${x(d.k)} ${y(d)}` : `M${px} ${py}C${px + 3} ${(py + y(d)) / 2} ${x(d.k) - 3} ${(py + y(d)) / 2} ${x(d.k)} ${y(d)}` }));
      }
      dots.append(s("circle", { class: `dot${d.sign < 0 ? " neg" : ""}${d.k === step ? " now" : ""}${ahead}`, cx: x(d.k), cy: y(d), r: d.k === step ? 6 : page.length > 100 ? 2.6 : 4 }, s("title", {}, `step ${d.k}: ${event(d)}`)));
    }
    const marks = ticks(begin, begin + Math.max(1, page.length - 1), Math.max(2, Math.floor(width / 140))).filter(Number.isInteger).map((t) => text(x(t), height - 24, count(t), { "text-anchor": "middle", class: "soft" }));
    const whole = rows.length > page.length ? ` (steps ${count(begin)} to ${count(begin + page.length - 1)} of ${count(rows.length - 1)})` : "";
    return canvas(width, height, drawn, arcs, dots, marks, text(width < 420 ? 0 : left, height - 6, `step of the cascade${whole}; filled +1, hollow −1`, { class: "soft" }));
  }
  function light() {
    if (!lights) {
      lights = network({ plain: true });
      lights.drawn.setAttribute("role", "img");
      lights.drawn.setAttribute("aria-label", "The network, lit where the cascade is");
      lights.drawn.style.minWidth = `${Math.min(lights.width, Math.max(340, lights.width * 0.75))}px`;
      frame.replaceChildren(lights.drawn);
    }
    const d = rows[step], been = new Map();
    for (let k = 0; k <= step && k < rows.length; k++) been.set(rows[k].module, (been.get(rows[k].module) || 0) + 1);
    for (const [name, box] of lights.lit.boxes) {
      box.setAttribute("class", `c0${d && name === d.module ? " lit" : been.has(name) ? " been" : ""}`);
      box.lastElementChild.textContent = `${count(been.get(name) || 0)} so far`;
    }
    const box = d && lights.lit.boxes.get(d.module);
    if (box) {
      const place = box.getBoundingClientRect(), seen = frame.getBoundingClientRect();
      if (place.left < seen.left || place.right > seen.right) frame.scrollLeft += (place.left + place.right - seen.left - seen.right) / 2;
    }
    const key = d ? d.source < 0 ? `\n${d.module}` : `${sourceModule(d.source)}\n${d.module}` : null;
    for (const [name, parts] of lights.lit.wires) parts.forEach((part) => part.classList.toggle("lit", name === key));
  }
  explore = (k) => {
    made.scrollIntoView({ behavior: calm.matches ? "auto" : "smooth" });
    select(k, true);
    document.getElementById(`event-${k}`).focus({ preventScroll: true });
  };
  fill();
  select(sequence[0], false);
}

// --- raster ---
if (data.raster.pictures.length) {
  const all = data.raster;
  // Where instants are full, their order is what there is to see.
  let by = all.deliveries > 4 * all.instants ? "delivery" : "time";
  const made = section("raster", "Raster", h("p", {}, "Every delivery, at the port that received it: index from top to bottom. By time, all deliveries of an instant stand at one place; by delivery, each has its own, in the order in which the queue gave them out. Where a mark stands for several deliveries, a fainter one stands for fewer."));
  const choose = h("div", { class: "choices", role: "group", "aria-label": "What is to the right" }, [["time", "By time"], ["delivery", "By delivery"]].map(([name, words]) => h("button", { type: "button", id: `by-${name}`, "aria-pressed": String(name === by), onclick: () => {
    by = name;
    for (const b of choose.querySelectorAll("button")) b.setAttribute("aria-pressed", String(b.id === `by-${name}`));
    picture.redraw(true);
  } }, words)),
    h("span", { class: "key" }, s("svg", { width: 16, height: 14, "aria-hidden": "true" }, s("path", { class: "plus", d: "M8 1V13", "stroke-width": 3 })), "+1"), h("span", { class: "key" }, s("svg", { width: 16, height: 14, "aria-hidden": "true" }, s("path", { class: "minus", d: "M8 1V13", "stroke-width": 3 })), "−1"));
  const picture = chart("Raster of all deliveries, a picture for each port. The table below has their numbers by time.", (width) => {
    const beside = width > 760, left = beside ? 210 : 46, right = 14, drawn = [], total = by === "time" ? all.end - all.begin + 1 : all.deliveries, scale = (width - left - right) / total;
    const start = by === "time" ? all.begin : 0, marks = ticks(start, start + total - 1, Math.max(2, Math.floor(width / 110))).filter(Number.isInteger);
    let top = 0;
    for (const p of all.pictures) {
      const cells = p[by], tall = Math.round(Math.min(150, Math.max(12, p.units * 4, 26 * Math.log2(p.units + 1) - 40))), each = tall / p.units, y0 = top + (beside ? 6 : 20);
      const lumps = [cells["ticks or deliveries"] > 1 ? `${count(cells["ticks or deliveries"])} ${by === "time" ? "ticks" : "deliveries"}` : "", cells.indices > 1 ? `${count(cells.indices)} indices` : ""].filter(Boolean).join(" × ");
      const many = `${count(p.deliveries)} ${p.deliveries === 1 ? "delivery" : "deliveries"}`, lump = lumps ? `a mark: ${lumps}` : "";
      if (!beside) drawn.push(text(left, top + 14, `${portName(p.port)}: ${many}${lump ? `; ${lump}` : ""}`));
      else if (tall < 40) drawn.push(text(0, y0 + tall / 2 + 4, `${clip(portName(p.port), 18)}: ${count(p.deliveries)}`));
      else drawn.push(text(0, y0 + 11, clip(portName(p.port), 24), { class: "name" }), text(0, y0 + 27, many), ...(lump ? lump.split(" × ").map((words, k) => text(0, y0 + 43 + 15 * k, k ? `by ${words}` : words, { class: "soft" })) : []));
      for (const t of marks) drawn.push(line(left + (t - start + 0.5) * scale, y0, left + (t - start + 0.5) * scale, y0 + tall, "grid"));
      drawn.push(line(left, y0, left, y0 + tall, "axis"), text(left - 5, y0 + Math.min(10, tall), "0", { "text-anchor": "end", class: "soft" }));
      if (tall > 24) drawn.push(text(left - 5, y0 + tall, count(p.units - 1), { "text-anchor": "end", class: "soft" }));
      const wide = cells["ticks or deliveries"] * scale, high = Math.max(2.2, cells.indices * each), thick = Math.max(1.1, lump ? wide * 0.86 : Math.min(4, wide * 0.7)), paths = new Map();
      const most = Math.max(1, ...cells.plus, ...cells.minus);
      // A cell in which both signs arrived is shared; where cells hold many, fainter marks are fewer deliveries.
      const mark = (sign, n, x, y, w) => {
        const key = `${sign} l${Math.ceil(4 * Math.sqrt(n / most))}`;
        paths.set(key, (paths.get(key) || "") + `M${x.toFixed(1)} ${y}H${Math.min(x + w, Math.max(width - right, x + 1)).toFixed(1)}v${high.toFixed(1)}H${x.toFixed(1)}z`);
      };
      let column = 0;
      cells.rows.forEach((row, k) => {
        column += cells.columns[k];
        const x = left + (column + 0.5) * wide - thick / 2, y = Math.min(y0 + tall - high, y0 + row * cells.indices * each).toFixed(1);
        const minus = cells.minus.length ? cells.minus[k] : 0, plus = cells.plus.length ? cells.plus[k] : 1 - minus, part = plus && minus ? thick / 2 : thick;
        if (plus) mark("plus", plus, x, y, part);
        if (minus) mark("minus", minus, x + thick - part, y, part);
      });
      for (const [key, d] of paths) drawn.push(s("path", { class: `mark ${key}`, d }));
      top = y0 + tall + 6;
    }
    for (const t of marks) drawn.push(text(left + (t - start + 0.5) * scale, top + 12, count(t), { "text-anchor": "middle", class: "soft" }));
    drawn.push(text(left + (width - left - right) / 2, top + 32, by === "time" ? "time, ticks" : "delivery, from the first of the log", { "text-anchor": "middle", class: "soft" }));
    return canvas(width, top + 40, drawn);
  });
  // Twenty stretches of time, or single ticks where there are fewer.
  const length = Math.max(1, Math.ceil((all.end - all.begin + 1) / 20)), stretches = Math.ceil((all.end - all.begin + 1) / length);
  const rows = Array.from({ length: stretches }, (_, k) => [all.begin + k * length, ...all.pictures.map((p) => p.stretches[k])]);
  made.append(choose, picture.frame, folded("As a table", table("raster", `Deliveries at each port${length > 1 ? ` in stretches of ${count(length)} ticks` : ", tick by tick"}`, [[length > 1 ? "from tick" : "tick", "n"], ...all.pictures.map((p) => [portName(p.port), "n"])], rows, {}, { tall: true })));
}

// --- recorded ---
for (const one of data.recorded) {
  const target = document.getElementById("recorded") || section("recorded", "Recorded", h("p", {}, "What recorders read at the end of ticks, a line a unit."));
  const dashes = ["", "7 4", "2 3", "9 3 2 3", "12 5", "4 2", "1 4", "14 3 2 3 2 3"], all = one.lines.flat(), title = `${one.name} of ${one.module}`;
  const low = Math.min(...all), high = Math.max(...all), first = one.t[0], last = one.t[one.t.length - 1];
  const draw = (width) => {
    const left = 60, right = 20, height = 240, bottom = 44, top = 12, drawn = [];
    const x = (v) => Number((left + (last > first ? (v - first) / (last - first) : 0.5) * (width - left - right)).toFixed(1)), y = (v) => Number((height - bottom - (high > low ? (v - low) / (high - low) : 0.5) * (height - bottom - top)).toFixed(1));
    for (const v of ticks(low, high, 5)) drawn.push(line(left, y(v), width - right, y(v), "grid"), text(left - 7, y(v) + 4, count(v), { "text-anchor": "end", class: "soft" }));
    for (const v of ticks(first, last, Math.max(2, width / 140))) drawn.push(text(x(v), height - bottom + 17, count(v), { "text-anchor": "middle", class: "soft" }));
    drawn.push(line(left, top, left, height - bottom, "axis"), line(left, height - bottom, width - right, height - bottom, "axis"));
    one.lines.forEach((values, k) => drawn.push(s("path", { class: `curve s${k}`, "stroke-dasharray": dashes[k], d: `M${values.map((v, j) => `${x(one.t[j])} ${y(v)}`).join("L")}` }, s("title", {}, `unit ${one.units[k]}`))));
    drawn.push(text(left + (width - left - right) / 2, height - 6, "time, ticks", { "text-anchor": "middle", class: "soft" }));
    return canvas(width, height, drawn);
  };
  const key = h("div", { class: "legend" }, one.units.map((unit, k) => h("span", { class: "key" }, s("svg", { width: 34, height: 12, "aria-hidden": "true" }, s("path", { class: `curve s${k}`, "stroke-dasharray": dashes[k], d: "M1 6H33" })), `unit ${unit}`)));
  const words = [one.step > 1 ? `Every ${count(one.step)}th of ${count(one.samples)} samples is shown.` : "", one["left out"] ? `${count(one["left out"])} more units were recorded.` : ""].filter((w) => w);
  target.append(h("h3", {}, title), key, chart(`${title} over time. The table below has the numbers.`, draw).frame, words.length ? h("p", { class: "small" }, words.join(" ")) : "",
    folded("As a table", table(`recorded ${title}`, title, [["tick", "n"], ...one.units.map((unit) => [`unit ${unit}`, "n"])], one.t.map((t, j) => [t, ...one.lines.map((values) => values[j])]), {}, { tall: one.t.length > 14, limit: 200 })));
}

// --- orders ---
if (data.orders.length) {
  const own = data.orders.find((o) => o.order === run.order && o.coalesce === order.coalesce) || data.orders.find((o) => o.order === run.order) || data.orders[0];
  const names = [["deliveries", "deliveries"], ["spikes", "spikes"], ["adds", "adds"], ["energy", "energy, pJ"], ["energy_comparisons_too", "comparisons too, pJ"], ["peak_queue", "longest queue"], ["depth", "depth"], ["ticks", "latency, ticks"], ["deliveries_before", "latency, deliveries"]];
  const most = Object.fromEntries(names.map(([name, title]) => [title, Math.max(0, ...data.orders.map((o) => o[name] ?? 0))]));
  const bar = (title) => (value, row) => {
    if (value === null) return "–";
    const fill = h("span", { class: "bar", "aria-hidden": "true" }), key = names.find(([, t]) => t === title)[0];
    fill.style.width = `${most[title] ? 100 * value / most[title] : 0}%`;
    const part = own[key] ? Math.abs(value / own[key] - 1) : 0;
    const change = part ? h("span", { class: "change" }, part < 0.0005 ? `<0.1 % ${value > own[key] ? "more" : "less"}` : `${value > own[key] ? "+" : "−"}${percent(part)}`) : null;
    return [count(value), fill, change];
  };
  const letters = new Set(data.orders.map((o) => o.answer)), adds = new Set(data.orders.map((o) => o.adds));
  const scored = data.orders.some((o) => o.score !== null);
  section("orders", "Every order", h("p", {}, `The same inputs in ${count(data.orders.length)} ways: ${letters.size === 1 ? "every one gives the same answer" : `there are ${count(letters.size)} different answers`}, ${adds.size === 1 ? "at the same number of adds" : `at ${count(Math.min(...adds))} to ${count(Math.max(...adds))} adds`}. The same letter is the same answer; small print is the difference from this run's order, ${own.order}. Bars are shares of the largest value in their column.`),
    table("orders", "The same inputs in every order", [["order", ""], ["threshold checks", ""], ["answer", ""], ["final state", ""], ...(scored ? [["score", "n"]] : []), ...names.map(([, title]) => [title, "n"])],
      data.orders.map((o) => [o.order, o.coalesce === null ? "as layers say" : o.coalesce === "none" ? "each row" : "once a burst", o.answer, o.state, ...(scored ? [o.score] : []), ...names.map(([name]) => o[name])]),
      { answer: (value) => h("span", { class: "tag" }, value), "final state": (value) => h("span", { class: "tag" }, value), ...Object.fromEntries(names.map(([, title]) => [title, bar(title)])) }));
}
if (data.order_sensitivity) {
  const rows = Object.entries(data.order_sensitivity.modules);
  if (rows.length) {
    const target = document.getElementById("orders") || section("orders", "Order");
    target.append(h("h3", {}, "What order can change, by the graph alone"), h("p", {}, `“Never” and “cost” hold for all inputs; “answer” says that the graph does not rule it out. Keeping: orders that keep each wire's sequence (${data.order_sensitivity.keeps}).`),
      table("sensitivity", "Which modules can be sensitive to order", [["module", ""], ["keeping", ""], ["any order", ""], ["paths meet", ""], ["why", "word"]], rows.map(([name, m]) => [name, m.keeping, m.any_order, m.meets ? m.forks.length ? `from ${m.forks.join(", ")}` : "at once" : "no", m.why]), {}, { tall: rows.length > 14 }));
    const cycles = [...data.order_sensitivity.cycles.map((c) => `Cycle without delay: ${c.join(", ")}.`), ...data.order_sensitivity.delayed_cycles.map((c) => `Cycle with delay: ${c.join(", ")}.`)];
    for (const words of cycles.slice(0, 20)) target.append(h("p", { class: "small" }, words));
  }
}

// --- anytime answers ---
if (data.curves.curves.length) {
  const axes = [...new Set(data.curves.curves.map((c) => c.axis))], marks = data.curves.marks, dashes = ["", "7 4", "2 3", "9 3 2 3", "12 5", "4 2", "1 4", "14 3 2 3 2 3"];
  const names = [...new Set(data.curves.curves.map((c) => c.name))], look = (c) => names.indexOf(c.name) % 8;
  const label = { adds: "operations of a sample so far (adds; multiply-adds of others)", deliveries: "deliveries of a sample so far", ticks: "ticks of a sample so far" };
  let by = axes[0];
  const draw = (width) => {
    const all = data.curves.curves.filter((c) => c.axis === by), others = by === "adds" ? marks : [];
    const left = 52, right = 20, height = 340, bottom = 52, top = 16, drawn = [];
    const xs = all.flatMap((c) => c.cost).concat(others.map((m) => m.adds)).filter((v) => v > 0);
    const low = Math.log10(Math.min(...xs)), high = Math.log10(Math.max(...xs)), worst = Math.max(...all.flatMap((c) => [...c.error, ...c.high]), ...others.map((m) => m.error), 0.01);
    const x = (v) => Number((left + 10 + (high > low ? (Math.log10(v) - low) / (high - low) : 0.5) * (width - left - right - 20)).toFixed(1)), y = (v) => Number((height - bottom - v / (worst * 1.05) * (height - bottom - top)).toFixed(1));
    for (const t of ticks(0, 100 * worst, 6)) drawn.push(line(left, y(t / 100), width - right, y(t / 100), "grid"), text(left - 7, y(t / 100) + 4, count(t), { "text-anchor": "end", class: "soft" }));
    let last = -99;
    for (let k = Math.floor(low); k <= high; k++) for (const m of [1, 2, 5]) {
      const v = m * 10 ** k;
      if (Math.log10(v) < low - 1e-9 || Math.log10(v) > high + 1e-9) continue;
      drawn.push(line(x(v), top, x(v), height - bottom, "grid"));
      if (x(v) - last > 58) { drawn.push(text(x(v), height - bottom + 17, count(v), { "text-anchor": "middle", class: "soft" })); last = x(v); }
    }
    drawn.push(line(left, top, left, height - bottom, "axis"), line(left, height - bottom, width - right, height - bottom, "axis"));
    const points = (c) => c.cost.map((v, j) => [v, c.error[j], c.low[j], c.high[j]]).filter(([v]) => v > 0);
    for (const c of all) if (c.low.length) drawn.push(s("path", { class: `band f${look(c)}`, d: `M${points(c).map(([v, , , up]) => `${x(v)} ${y(up)}`).join("L")}L${points(c).reverse().map(([v, , down]) => `${x(v)} ${y(down)}`).join("L")}z` }));
    for (const c of all) {
      drawn.push(s("path", { class: `curve s${look(c)}`, "stroke-dasharray": dashes[look(c)], d: `M${points(c).map(([v, e]) => `${x(v)} ${y(e)}`).join("L")}` }, s("title", {}, c.name)));
      if (c.cost.length <= 30) for (const [v, e] of points(c)) drawn.push(s("circle", { class: `f${look(c)}`, cx: x(v), cy: y(e), r: 3.5 }, s("title", {}, `${c.name}: ${count(v)} ${by}, ${percent(e)} error`)));
    }
    others.forEach((m, k) => drawn.push(s("path", { class: "markline", d: k % 2 ? `M${x(m.adds)} ${y(m.error) - 8}l8 8l-8 8l-8 -8z` : `M${x(m.adds) - 6} ${y(m.error) - 6}h12v12h-12z` }, s("title", {}, `${m.name}: ${count(m.adds)} operations, ${percent(m.error)} error`))));
    drawn.push(text(left + (width - left - right) / 2, height - 8, width < 520 ? `${by} of a sample so far` : label[by] || by, { "text-anchor": "middle", class: "soft" }), text(4, 9, "test error, %", { class: "soft" }));
    return canvas(width, height, drawn);
  };
  const picture = chart("Test error against the cost so far. The table below has the numbers.", draw);
  const choose = h("div", { class: "choices", role: "group", "aria-label": "What the cost is counted in" }, axes.map((name) => h("button", { type: "button", "aria-pressed": String(name === by), onclick: (e) => { by = name; for (const b of choose.children) b.setAttribute("aria-pressed", String(b === e.currentTarget)); picture.redraw(true); } }, `By ${name}`)));
  const key = h("div", { class: "legend" }, names.map((name, k) => h("span", { class: "key" }, s("svg", { width: 34, height: 12, "aria-hidden": "true" }, s("path", { class: `curve s${k % 8}`, "stroke-dasharray": dashes[k % 8], d: "M1 6H33" })), name)),
    marks.map((m, k) => h("span", { class: "key" }, s("svg", { width: 18, height: 18, "aria-hidden": "true" }, s("path", { class: "markline", d: k % 2 ? "M9 1l8 8l-8 8l-8 -8z" : "M3 3h12v12h-12z" })), m.name)));
  const rows = data.curves.curves.flatMap((c) => c.cost.map((v, j) => [c.name, c.axis, v, c.error[j], c.low[j] ?? null, c.high[j] ?? null]));
  const bands = data.curves.curves.some((c) => c.low.length) ? " Bands are those of 95 %, by the number of samples." : "";
  section("anytime", "Anytime answers", h("p", {}, `An answer may be read at any time: its error where each sample has cost so much.${bands} Further down and to the left is better. The scale to the right is logarithmic.`),
    data.curves.about ? h("p", { class: "small" }, data.curves.about) : null, axes.length > 1 ? choose : null, key, picture.frame,
    folded("As a table", table("anytime answers", "Test error by cost", [["curve", ""], ["axis", ""], ["cost of a sample", "n"], ["test error", "n"], ["low", "n"], ["high", "n"]], [...rows, ...marks.map((m) => [m.name, "adds", m.adds, m.error, null, null])], { "test error": percent, low: (v) => v === null ? "–" : percent(v), high: (v) => v === null ? "–" : percent(v) }, { tall: rows.length > 14, limit: 200 })));
}

section("files", "Data", h("p", {}, "Each table can be copied (to paste into a spreadsheet) or saved as CSV or JSON. All that this page shows, the deliveries of its cascades included, is in one file:"),
  h("div", { class: "tools" }, h("button", { type: "button", id: "all", onclick: () => save("eventnet-report.json", given, "application/json") }, "Save everything as JSON")),
  h("p", { class: "small soft" }, "Counts are exact. In the file, deliveries of cascades are told in columns, cascade after cascade in the order of its list of events; numbers and times of deliveries are differences from the one before, causes are steps of the same cascade."));

