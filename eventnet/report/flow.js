// --- from sensors to modules ---
function flows() {
  const given = data.flow, places = { deliveries: 2, adds: 3, energy: 4 };
  const rows = given.streams;
  if (!rows.length) return;
  const known = Object.keys(places).filter((name) => rows.every((row) => row[places[name]] !== null) && rows.some((row) => row[places[name]] > 0));
  const say = { deliveries: (n) => `${count(n)} ${n === 1 ? "delivery" : "deliveries"}`, adds: (n) => `${count(n)} ${n === 1 ? "add" : "adds"}`, energy };
  let by = known.includes("adds") ? "adds" : known[0];
  const picture = chart("From sensors to modules: streams as wide as what inputs at each port led to at each module. The table below has the numbers.", (width) => drawFlow(width, rows.map((row) => [row[0], row[1], row[places[by]]]), say[by]));
  const choose = choices("What the width counts", known, () => by, (name) => { by = name; picture.redraw(true); });
  const missing = Object.keys(places).filter((name) => rows.some((row) => row[places[name]] === null));
  const why = missing.length ? `Not known by sensor and module: ${missing.join(" and ")}. ${given.whole ? "Inputs of several ports met at one port, and its deliveries were not counted one by one, or not all of them." : "The log does not hold the whole run; deliveries are those that it holds."}` : null;
  section("flow", "From sensors to modules",
    h("p", {}, "To the left the ports at which inputs entered, to the right the modules at which what they led to was delivered; a stream is as wide as its part. The first input of a chain of causes is what all of the chain is entered under. All streams together are the run."),
    why ? h("p", { class: "small" }, why) : null, known.length > 1 ? choose : null, picture.frame,
    folded("As a table", table("flow", "What inputs at each port led to at each module", [["entered at", ""], ["module", ""], ["deliveries", "n"], ["adds", "n"], ["energy, pJ", "n"], ["comparisons too, pJ", "n"]], rows, {}, { tall: rows.length > 14 })));
}
// Buttons of which one is pressed.
function choices(label, names, now, choose) {
  const made = h("div", { class: "choices", role: "group", "aria-label": label }, names.map((name) => h("button", { type: "button", "aria-pressed": String(name === now()), "data-by": name, onclick: (e) => {
    choose(name);
    for (const b of made.children) b.setAttribute("aria-pressed", String(b === e.currentTarget));
  } }, `By ${name}`)));
  return made;
}
// Ends of streams, the largest ones; the rest together. Returns the sum of each by name.
function ends(streams, side, most) {
  const sums = new Map();
  for (const stream of streams) sums.set(stream[side], (sums.get(stream[side]) || 0) + stream[2]);
  const sorted = [...sums].filter(([, sum]) => sum > 0).sort((a, b) => b[1] - a[1]);
  const rest = sorted.length > most ? sorted.slice(most - 1) : [];
  const other = `${count(rest.length)} others`, small = new Set(rest.map(([name]) => name));
  for (const stream of streams) if (small.has(stream[side])) stream[side] = other;
  const kept = new Map(sorted.slice(0, sorted.length - rest.length));
  if (rest.length) kept.set(other, rest.reduce((sum, [, value]) => sum + value, 0));
  return kept;
}
function drawFlow(width, given, say) {
  const streams = given.filter(([, , n]) => n > 0).map((row) => [...row]);
  const from = ends(streams, 0, 16), to = ends(streams, 1, 24), total = [...from.values()].reduce((a, b) => a + b, 0);
  const BAR = 14, LABEL = 30, GAP = 8, tall = Math.max(150, 16 * Math.max(from.size, to.size)), side = Math.min(220, Math.floor(width * 0.34)), left = side, right = width - side - BAR, drawn = [], parts = s("g"), scale = tall / total;
  // An end has room for its label, however thin it is.
  const room = (sum) => Math.max(LABEL, sum * scale) + GAP, all = (sums) => [...sums.values()].reduce((y, sum) => y + room(sum), 0);
  const height = Math.max(all(from), all(to)) + 8;
  const stack = (sums) => {
    let y = 4 + (height - 8 - all(sums)) / 2;
    return new Map([...sums].map(([name, sum]) => { const high = sum * scale, top = y + (room(sum) - high) / 2; y += room(sum); return [name, { y: top, high, next: top, sum }]; }));
  };
  const lefts = stack(from), rights = stack(to), rank = new Map([...rights.keys()].map((name, k) => [name, k])), first = new Map([...lefts.keys()].map((name, k) => [name, k]));
  const merged = new Map();
  for (const [a, b, n] of streams) merged.set(`${a}\n${b}`, (merged.get(`${a}\n${b}`) || 0) + n);
  const sorted = [...merged].map(([key, n]) => [...key.split("\n"), n]).sort((p, q) => first.get(p[0]) - first.get(q[0]) || rank.get(p[1]) - rank.get(q[1]));
  for (const [a, b, n] of sorted) {
    const p = lefts.get(a), q = rights.get(b), high = n * scale, x1 = left + BAR, x2 = right, half = (x1 + x2) / 2, y1 = p.next, y2 = q.next;
    p.next += high;
    q.next += high;
    const thin = Math.max(high, 0.8);
    parts.append(s("path", { class: `stream f${first.get(a) % 8}`, "data-from": a, "data-to": b, d: `M${x1} ${y1}C${half} ${y1} ${half} ${y2} ${x2} ${y2}v${thin}C${half} ${y2 + thin} ${half} ${y1 + thin} ${x1} ${y1 + thin}z` },
      s("title", {}, `${a} to ${b}: ${say(n)}, ${percent(n / total)}`)));
  }
  const label = (name, at, x, anchor) => {
    const middle = at.y + at.high / 2;
    drawn.push(s("rect", { class: "end", x: anchor === "end" ? left : right, y: at.y, width: BAR, height: Math.max(1, at.high) }, s("title", {}, `${name}: ${say(at.sum)}, ${percent(at.sum / total)}`)),
      text(x, middle - 2, clip(name, Math.floor((side - 10) / 7.8)), { "text-anchor": anchor, class: "name" }), text(x, middle + 13, width < 520 ? percent(at.sum / total) : `${say(at.sum)}, ${percent(at.sum / total)}`, { "text-anchor": anchor, class: "soft" }));
  };
  for (const [name, at] of lefts) label(name, at, left - 7, "end");
  for (const [name, at] of rights) label(name, at, right + BAR + 7, "start");
  return canvas(width, height, parts, drawn);
}
