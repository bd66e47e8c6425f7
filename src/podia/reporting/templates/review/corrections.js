"use strict";
// Corrections that wait to be applied: { correction, text }, in order. The browser keeps them until then.
const corrections = (() => {
  const place = `podia corrections of ${document.title}`;
  const listeners = [];
  let list = restored();

  function restored() {
    try { return JSON.parse(localStorage.getItem(place)) || []; } catch { return []; }
  }

  function set(changed) {
    list = changed;
    try {
      if (list.length) localStorage.setItem(place, JSON.stringify(list)); else localStorage.removeItem(place);
    } catch { /* without storage the list lasts as long as the page */ }
    listeners.forEach((listener) => listener());
  }

  return {
    on: (listener) => listeners.push(listener),
    all: () => list,
    add: (correction, text) => set([...list, { correction, text }]),
    replaceLast: (correction, text) => set([...list.slice(0, -1), { correction, text }]),
    remove: (number) => set(list.filter((_, other) => other !== number)),
    undo: () => set(list.slice(0, -1)),
    clear: () => set([]),
    // One JSON object per line, as podia correct reads them.
    asFile() {
      const time = new Date().toISOString().replace(/\.\d+Z$/, "+00:00");
      return list.map(({ correction }) => JSON.stringify({ ...correction, time }) + "\n").join("");
    },
  };
})();
