"use strict";
// The list of corrections beside the picture, their marks on it, and what becomes of them: saved as a file, or applied
// by podia review where it serves the page.
(() => {
  const box = document.querySelector("#viewer .pending");
  const served = location.protocol.startsWith("http");
  let progress = "";
  let timer = 0;

  // Frames and places that a correction names, wherever they stand in it.
  function cellsOf(value) {
    if (!value || typeof value !== "object") return [];
    if ("frame" in value && "y" in value) return [value];
    return Object.values(value).flatMap(cellsOf);
  }

  function tell() {
    const list = corrections.all();
    const parts = [words.element("h3", list.length ? `Corrections (${list.length})` : "Corrections")];
    if (!list.length) parts.push(words.element("p", "None yet. Choose a cell, then an operation below the movie.", "muted"));
    const lines = words.element("ol");
    list.forEach(({ correction, text }, number) => {
      const line = words.element("li");
      const [cell] = cellsOf(correction);
      const open = words.button(`${number + 1}. ${text}`, () => state.lead(cell.frame, cell.track), "plain");
      const remove = words.button("×", () => corrections.remove(number), "plain");
      remove.setAttribute("aria-label", `Remove: ${text}`);
      line.append(open, remove);
      lines.append(line);
    });
    parts.push(lines);
    if (list.length) parts.push(buttons());
    if (progress) parts.push(words.element("p", progress, "muted"));
    box.replaceChildren(...parts);
  }

  function buttons() {
    const line = words.element("p", undefined, "buttons");
    if (served) line.append(words.button("apply and measure", () => ask("apply", corrections.all().map((one) => one.correction)), "pill strong"));
    line.append(words.button(served ? "save as file" : "save corrections.jsonl", save, served ? "pill" : "pill strong"));
    line.append(words.button("undo", operations.undo, "pill"));
    if (timer) for (const one of line.children) one.disabled = true;
    return line;
  }

  function save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([corrections.asFile()], { type: "application/jsonl" }));
    link.download = "corrections.jsonl";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    operations.say("Saved. Apply the file with: podia correct FOLDER corrections.jsonl");
  }

  // Asks podia review for something that changes the analysis, tells how far it is, and shows the new page.
  async function ask(what, body) {
    progress = "podia works …";
    timer = setInterval(follow, 500);
    tell();
    let problem = "";
    try {
      const answer = await fetch(what, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      if (!answer.ok) problem = await answer.text();
    } catch {
      problem = "podia review does not answer. Start it again; the list is kept here.";
    }
    clearInterval(timer);
    timer = 0;
    progress = "";
    if (problem) {
      operations.say(problem, true);
      tell();
      return;
    }
    if (what === "apply") corrections.clear();
    location.hash = `frame=${movie.frameOf(state.index)}${state.chosen ? `&track=${state.chosen}` : ""}`;
    location.reload();
  }

  async function follow() {
    try {
      const { step, done, total } = await (await fetch("progress")).json();
      const tables = ["export", "overlay", "report"].includes(step) ? "Tables are up to date. " : "";
      progress = step ? `${tables}podia works: ${step}, ${done} of ${total}` : progress;
      tell();
    } catch { /* the answer to the question itself says what is wrong */ }
  }

  view.layers.push((context, { scale, left, top, dot }) => {
    const frame = movie.frameOf(state.index);
    const paths = movie.paths(state.index);
    context.setTransform(scale, 0, 0, scale, left, top);
    context.strokeStyle = "#fff";
    context.lineWidth = 2 * dot / scale;
    const marked = state.marked.filter((one) => one.index === state.index).map((one) => one.id);
    const corrected = corrections.all().flatMap(({ correction }) => cellsOf(correction))
      .filter((cell) => cell.frame === frame).map((cell) => cell.track);
    for (const [ids, dash] of [[marked, [6, 3]], [corrected, [2, 3]]]) {
      context.setLineDash(dash.map((length) => length * dot / scale));
      for (const id of new Set(ids)) if (paths.has(id)) context.stroke(paths.get(id));
    }
    context.setLineDash([]);
    context.setTransform(1, 0, 0, 1, 0, 0);
  });

  // The tools are there where podia review serves the page, or the box is ticked.
  const wanted = document.querySelector("#viewer input[name=correct]");
  const show = () => {
    for (const part of document.querySelectorAll("#viewer .correct, #viewer .pending")) part.hidden = !wanted.checked;
  };
  wanted.checked = served || corrections.all().length > 0;
  wanted.addEventListener("change", show);
  for (const one of document.querySelectorAll("button[name=undo_applied]")) {
    one.hidden = !served;
    one.addEventListener("click", () => ask("undo", 1));
  }
  addEventListener("beforeunload", (event) => { if (served && corrections.all().length) event.preventDefault(); });
  corrections.on(() => { tell(); view.redraw(); });
  show();
  tell();
  if (served && !location.hash) document.getElementById("movie").scrollIntoView({ behavior: "instant" });
})();
