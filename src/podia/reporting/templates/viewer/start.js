"use strict";
// Plots and picture show the same chosen track. The page opens at a frame and a track: "#frame=12&track=3".
(() => {
  const MOST_IDS = 150;
  const most = Math.max(...movie.data.frames.map((frame) => frame.cells.length));
  document.querySelector("#viewer input[name=ids]").checked = most <= MOST_IDS;
  state.on("choice", () => {
    for (const line of document.querySelectorAll("[data-track]:not(button)")) {
      const lit = Number(line.dataset.track) === state.chosen;
      line.classList.toggle("lit", lit);
      // What is drawn last lies on top.
      if (lit) line.parentNode.append(line);
    }
  });
  document.addEventListener("click", (event) => {
    const line = event.target.closest("svg [data-track]");
    if (!line) return;
    const id = Number(line.dataset.track);
    if (!movie.cellAt(state.index, id)) state.goTo(movie.track(id).first);
    state.choose(id);
  });
  const asked = new URLSearchParams(location.hash.slice(1));
  if (asked.has("frame")) state.goTo(Number(asked.get("frame"))); else state.show(0);
  if (asked.has("track")) state.choose(Number(asked.get("track")));
})();
