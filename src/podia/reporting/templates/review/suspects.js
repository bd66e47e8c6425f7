"use strict";
// Suspects one after the other: what was seen, what would mend it, and which were looked at.
(() => {
  const list = JSON.parse(document.getElementById("suspects-data").textContent);
  const box = document.querySelector("#viewer .suspect");
  const place = `podia suspects looked at in ${document.title}`;
  const nameOf = (one) => `${one.kind} ${one.frame} ${one.track}`;
  const done = new Set(restored());
  let number = -1;

  function restored() {
    try { return JSON.parse(localStorage.getItem(place)) || []; } catch { return []; }
  }

  function finish() {
    if (number < 0) return;
    done.add(nameOf(list[number]));
    try { localStorage.setItem(place, JSON.stringify([...done])); } catch { /* lasts as long as the page */ }
    go(1);
  }

  // Leads to the next suspect, or the one before, that was not looked at.
  function go(by) {
    for (let other = number + by; other >= 0 && other < list.length; other += by) {
      if (done.has(nameOf(list[other]))) continue;
      show(other);
      return;
    }
    const left = list.filter((one) => !done.has(nameOf(one))).length;
    if (!left) number = -1;
    tell(left ? "There is no further suspect in this direction." : "All suspects were looked at.");
  }

  function show(chosen) {
    number = chosen;
    const one = list[number];
    state.lead(one.frame, one.track);
    state.marked = [];
    view.canvas.scrollIntoView({ block: "nearest" });
    if (one.other && movie.cellAt(state.index, one.other)) state.mark(one.other);
    tell();
  }

  function accept() {
    const one = list[number];
    if (!one || !one.correction) {
      operations.say("Nothing is suggested here.", true);
      return;
    }
    if (!operations.isOn()) document.querySelector("#viewer input[name=correct]").click();
    corrections.add(one.correction, one.suggestion);
    operations.say(`Added: ${one.suggestion}. z takes it back.`);
    finish();
  }

  function tell(instead) {
    const looked = list.filter((one) => done.has(nameOf(one))).length;
    const heading = words.element("h3", number < 0 ? "Suspects" : `Suspect ${number + 1} of ${list.length}`);
    const parts = [heading];
    if (instead) parts.push(words.element("p", instead));
    const one = list[number];
    if (one) {
      parts.push(words.element("p", `${one.kind}, confidence ${one.confidence.toFixed(2)}. ${one.reason}`));
      if (one.suggestion) parts.push(words.element("p", `Suggested: ${one.suggestion}.`, "muted"));
    } else if (!instead) {
      parts.push(words.element("p", `${list.length} are probably wrong${looked ? `, ${looked} looked at` : ""}.`));
    }
    const buttons = words.element("p", undefined, "buttons");
    const offer = (text, key, press) => {
      const made = words.button(`${text} `, press, "pill");
      made.append(words.element("kbd", key));
      buttons.append(made);
    };
    if (one && one.correction) offer("accept", "a", accept);
    if (one) offer("done", "o", finish);
    offer("next", "n", () => go(1));
    if (one) offer("previous", "p", () => go(-1));
    parts.push(buttons);
    box.replaceChildren(...parts);
    for (const row of document.querySelectorAll("tr[data-suspect]")) {
      row.classList.toggle("done", done.has(nameOf(list[row.dataset.suspect])));
      row.classList.toggle("now", Number(row.dataset.suspect) === number);
    }
  }

  if (!list.length) return;
  box.hidden = false;
  for (const row of document.querySelectorAll("tr[data-suspect]")) {
    row.querySelector("button").addEventListener("click", () => show(Number(row.dataset.suspect)));
  }
  Object.assign(controls.keys, { n: () => go(1), p: () => go(-1), o: finish, a: accept });
  tell();
})();
