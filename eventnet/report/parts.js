const given = document.getElementById("data").textContent, data = JSON.parse(given);
const root = document.documentElement, main = document.getElementById("main");
const calm = matchMedia("(prefers-reduced-motion: reduce)");

// --- elements: text is always text, never markup ---
function make(space, tag, attributes, children) {
  const element = space ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat(9)) if (child !== null && child !== undefined) element.append(child);
  return element;
}
const h = (tag, attributes, ...children) => make(false, tag, attributes, children);
const s = (tag, attributes, ...children) => make(true, tag, attributes, children);

// --- numbers ---
const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
function count(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return whole.format(value);
  return String(Number(value.toPrecision(3)));
}
const percent = (value) => value >= 0.0995 || value === 0 ? `${Math.round(100 * value)} %` : value < 0.0005 ? "<0.1 %" : `${(100 * value).toFixed(1)} %`;
function energy(picojoules) {
  for (const [unit, size] of [["J", 1e12], ["mJ", 1e9], ["µJ", 1e6], ["nJ", 1e3]])
    if (picojoules >= size) return `${Number((picojoules / size).toPrecision(3))} ${unit}`;
  return `${Number(picojoules.toPrecision(3))} pJ`;
}
const span = (low, typical, high) => low === high ? energy(typical) : `${energy(typical)} (${energy(low)} to ${energy(high)})`;
function ticks(low, high, wanted) {
  if (high <= low) return [low];
  const raw = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-9; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

// --- tables, and their data as files ---
function save(name, text, type) {
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 5000);
}
// A spreadsheet takes what begins with one of these for a formula.
const cell = (value) => { const text = value === null || value === undefined ? "" : String(value); const safe = typeof value === "string" && /^[=+@\t\r-]/.test(text) ? "'" + text : text; return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe; };
const csv = (head, rows) => [head, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
const objects = (head, rows) => JSON.stringify(rows.map((row) => Object.fromEntries(head.map((name, k) => [name, row[k]]))), null, 1) + "\n";
async function copy(text, button) {
  const before = button.textContent;
  try { await navigator.clipboard.writeText(text); } catch {
    const area = h("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = before; }, 1500);
}
function tools(name, head, rows) {
  const get = typeof rows === "function" ? rows : () => rows;
  const tsv = () => [head, ...get()].map((row) => row.map((v) => v === null || v === undefined ? "" : String(v).replace(/[\t\n\r]/g, " ")).join("\t")).join("\n") + "\n";
  return h("div", { class: "tools", role: "group", "aria-label": `Take the table “${name}” along` },
    h("button", { type: "button", onclick: (e) => copy(tsv(), e.currentTarget) }, "Copy"),
    h("button", { type: "button", onclick: () => save(`${name}.csv`, csv(head, get()), "text/csv") }, "CSV"),
    h("button", { type: "button", onclick: () => save(`${name}.json`, objects(head, get()), "application/json") }, "JSON"));
}
// columns: [name, kind] with kind "n" (number), "" (text) or "word" (long text); shown: how a cell looks, by column.
function table(name, caption, columns, rows, shown = {}, options = {}) {
  const draw = (row) => h("tr", {}, columns.map(([title, kind], k) => {
    const content = shown[title] ? shown[title](row[k], row) : kind === "n" ? count(row[k]) : row[k] === null ? "–" : String(row[k]);
    return h(k === 0 && !options.plain ? "th" : "td", { class: kind || null, scope: k === 0 && !options.plain ? "row" : null }, content);
  }));
  const body = h("tbody", {}), limit = options.limit || 1000, more = h("p", { class: "soft small" });
  // What is looked for is in a cell as it is shown or as it is in the files.
  const words = rows.length > SEARCHED ? rows.map((row) => lower(columns.map(([, kind], k) => kind === "n" ? `${count(row[k])} ${row[k]}` : row[k]).join("\n"))) : [];
  const fill = (query) => {
    const found = query ? rows.filter((_, k) => has(words[k], query)) : rows;
    body.replaceChildren(...found.slice(0, limit).map(draw));
    more.textContent = found.length > limit ? `The first ${count(limit)} of ${count(found.length)} rows are shown; the files hold all.` : "";
    more.hidden = !more.textContent;
    return found.length;
  };
  fill("");
  return h("div", {}, rows.length > SEARCHED ? search(`the table “${name}”`, rows.length, fill) : null,
    h("div", { class: options.tall ? "scroll tall" : "scroll", tabindex: 0, role: "region", "aria-label": caption },
      h("table", { "data-name": name }, h("caption", {}, caption),
        h("thead", {}, h("tr", {}, columns.map(([title, kind]) => h("th", { scope: "col", class: kind === "n" ? "n" : null }, title)))),
        body)), more,
    tools(name, columns.map(([title]) => title), rows));
}
// A field that filters rows: all its words have to be in a row. Escape empties it. fill(query) shows what is found, and says how many.
const SEARCHED = 12, lower = (value) => String(value).toLowerCase();
const has = (words, query) => lower(query).split(/\s+/).every((word) => words.includes(word));
function search(what, of, fill) {
  const said = h("span", { class: "soft small", role: "status" });
  const field = h("input", { type: "search", placeholder: "Search", "aria-label": `Search in ${what}`, autocomplete: "off", spellcheck: "false" });
  field.addEventListener("input", () => {
    const query = field.value.trim(), n = fill(query);
    said.textContent = query ? `${count(n)}${of === null ? " found" : ` of ${count(of)}`}` : "";
  });
  field.addEventListener("keydown", (e) => {
    if (e.key !== "Escape" || !field.value) return;
    e.preventDefault();
    field.value = "";
    field.dispatchEvent(new Event("input"));
  });
  return h("div", { class: "search" }, field, said);
}
const folded = (summary, ...content) => h("details", {}, h("summary", {}, summary), ...content);
function section(id, title, ...content) {
  const made = h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), ...content);
  main.append(made);
  document.getElementById("contents").append(h("a", { href: `#${id}` }, title), " ");
  return made;
}

// --- charts: drawn for the width that there is, and again when it changes ---
const charts = [];
function chart(label, draw, least = 300) {
  const frame = h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label });
  const entry = { frame, width: 0, redraw(force) {
    const width = Math.max(least, Math.min(1200, Math.floor(printing ? 680 : frame.clientWidth)));
    if (width === entry.width && !force) return;
    entry.width = width;
    const drawn = draw(width);
    drawn.setAttribute("role", "img");
    drawn.setAttribute("aria-label", label);
    frame.replaceChildren(drawn);
  } };
  charts.push(entry);
  return entry;
}
let printing = false;
const canvas = (width, height, ...children) => s("svg", { viewBox: `0 0 ${width} ${height}`, width, height }, children);
const text = (x, y, words, attributes = {}) => s("text", { x, y, ...attributes }, words);
const line = (x1, y1, x2, y2, cls) => s("line", { x1, y1, x2, y2, class: cls });

// --- head ---
for (const words of data.about) document.getElementById("about").append(h("p", {}, words));
const versions = Object.entries(data.manifest.versions).map(([name, value]) => `${name} ${value}`).join(", ");
const figures = (list) => h("dl", { class: "figures" }, list.map(([name, value, note]) => h("div", {}, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null))));

