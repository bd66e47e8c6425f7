"use strict";
// Numbers and elements of the page.
const words = {
  number(value, unit) {
    if (value === null || value === undefined) return "not defined";
    const text = Math.abs(value) >= 1000
      ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
    return unit ? `${text}\u202f${unit}` : text;
  },
  element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  },
  button(text, press, kind) {
    const made = words.element("button", text, kind);
    made.type = "button";
    made.addEventListener("click", press);
    return made;
  },
  pairs(rows) {
    const made = words.element("dl");
    for (const [name, value] of rows) made.append(words.element("dt", name), words.element("dd", value));
    return made;
  },
};
