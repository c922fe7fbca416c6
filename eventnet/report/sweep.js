// --- what was run ---
const settings = Object.entries(data.settings).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]);
section("summary", "Summary",
  figures([
    ["Jobs", count(data.jobs), "points with each seed"], ["Done", count(data.done), ""], ["Failed", count(data.failed), data.failed ? "kept with their errors" : ""],
    ["Points", count(data.points.of), "values of all parameters"], ["Seeds", count(data.seeds.length), data.seeds.length > 1 ? "the same at each point" : ""],
  ]),
  h("h3", {}, "How to make it again"), h("pre", { id: "command" }, h("code", {}, data.manifest.command_line)),
  h("p", { class: "small" }, `Versions: ${versions}. Seed: ${data.manifest.seed}. SHA-256 of all results: `, h("code", {}, data.sha256), "."),
  data.equal.length ? [h("h3", {}, "What gave the same"), h("ul", {}, data.equal.map((words) => h("li", {}, words)))] : null,
  folded("The sweep", table("sweep", "What was run", [["setting", ""], ["value", "word"]], settings)));

// --- pictures, means, errors ---
if (data.pictures.length)
  section("pictures", "Pictures", data.pictures.map((p) => h("figure", {}, h("img", { src: `data:image/png;base64,${p.png}`, alt: p.title }), h("figcaption", { class: "small" }, p.title, " (", h("code", {}, p.file), ")"))));
if (data.points.rows.length) {
  const several = data.seeds.length > 1, all = data.points;
  section("points", several ? "Means over seeds" : "Results", h("p", {}, several ? "Of each result its mean over seeds, and half of its 95 % interval by Student's t." : "One seed: no intervals."),
    table("points", `Results at ${count(all.rows.length)} points`, [...all.parameters.map((name) => [name, ""]), ...all.results.flatMap((name) => several ? [[name, "n"], [`${name} ±`, "n"]] : [[name, "n"]])], all.rows, {}, { tall: true }),
    all.rows.length < all.of ? h("p", { class: "small" }, `The first ${count(all.rows.length)} of ${count(all.of)} points; table.csv in the folder of results has every job.`) : null);
}
if (data.errors.length)
  section("errors", "Failed jobs", table("errors", "Jobs that failed, and why", [["parameters", "word"], ["seed", "n"], ["error", "word"]], data.errors, { seed: String }));
section("files", "Data", h("p", {}, "Each table can be copied (to paste into a spreadsheet) or saved as CSV or JSON. All that this page shows is in one file:"),
  h("div", { class: "tools" }, h("button", { type: "button", id: "all", onclick: () => save("eventnet-sweep.json", given, "application/json") }, "Save everything as JSON")));
