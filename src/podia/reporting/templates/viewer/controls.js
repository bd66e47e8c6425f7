"use strict";
// Pointer, wheel, buttons and keys of the viewer. controls.keys maps a key to what it does; other files add theirs.
const controls = (() => {
  const root = document.getElementById("viewer");
  const canvas = view.canvas;
  const slider = root.querySelector("input[type=range]");
  const { column } = movie;
  const STEP = 1.5;
  let drag = null;
  let pointer = null;

  // A tool takes the pointer over: { down(point), move(point), up(point) }, points in px from the frame's corner.
  const own = { keys: {}, tool: null, neighbour };

  // ---- zoom at the pointer, else at the chosen cell, else in the middle

  function zoomBy(factor) {
    const cell = state.chosen && movie.cellAt(state.index, state.chosen);
    view.zoomTo(view.zoom * factor, pointer || (cell ? [cell[column.x] + 0.5, cell[column.y] + 0.5] : null));
    if (!pointer) {
      view.keepInView();
      view.redraw();
    }
  }

  canvas.addEventListener("wheel", (event) => {
    // Zoomed out as far as it goes, the wheel scrolls the page.
    if (event.deltaY > 0 && view.zoom === 1) return;
    event.preventDefault();
    view.zoomTo(view.zoom * 1.0015 ** -event.deltaY, view.pointed(event));
  }, { passive: false });

  // ---- pointer

  canvas.addEventListener("pointermove", (event) => {
    pointer = view.pointed(event);
    if (own.tool) {
      own.tool.move(pointer);
    } else if (drag) {
      view.moveBy(drag.start.map((value, axis) => value - pointer[axis]));
      drag.moved = drag.moved || Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
    } else {
      state.hover(view.under(pointer));
    }
  });
  canvas.addEventListener("pointerleave", () => { pointer = null; state.hover(0); });
  canvas.addEventListener("pointerdown", (event) => {
    if (own.tool) own.tool.down(view.pointed(event));
    else if (view.zoom > 1) drag = { start: view.pointed(event), x: event.clientX, y: event.clientY, moved: false };
    if (own.tool || drag) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", (event) => {
    if (own.tool) own.tool.up(view.pointed(event));
    else setTimeout(() => { drag = null; });
  });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("click", (event) => {
    if (own.tool || (drag && drag.moved)) return;
    const id = view.under(view.pointed(event));
    if (event.shiftKey || event.ctrlKey || event.metaKey) {
      if (id) state.mark(id);
    } else {
      state.choose(id === state.chosen ? 0 : id);
    }
  });
  canvas.addEventListener("dblclick", (event) => { if (!own.tool) view.zoomTo(view.zoom * 2, view.pointed(event)); });

  // ---- buttons

  const press = (name, action) => root.querySelector(`button[name=${name}]`).addEventListener("click", action);
  slider.addEventListener("input", () => { state.play(false); state.show(Number(slider.value)); });
  root.querySelector(".round").addEventListener("click", () => state.play(!state.isPlaying()));
  press("in", () => { pointer = null; zoomBy(STEP); });
  press("out", () => { pointer = null; zoomBy(1 / STEP); });
  press("whole", () => view.zoomTo(1));
  for (const box of root.querySelectorAll(".toggles input")) box.addEventListener("change", view.redraw);
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".goto");
    if (!link) return;
    state.lead(Number(link.dataset.frame), Number(link.dataset.track || 0));
    root.scrollIntoView({ block: "nearest" });
  });

  // ---- keys

  // Chooses the nearest cell in a direction from the chosen one; the one nearest to the middle where none is chosen.
  function neighbour(dx, dy) {
    const from = state.chosen && movie.cellAt(state.index, state.chosen);
    const { width, height } = movie.data;
    const [x0, y0] = from ? [from[column.x], from[column.y]] : [width / 2, height / 2];
    let best = 0, least = Infinity;
    for (const cell of movie.cells(state.index)) {
      const [x, y] = [cell[column.x] - x0, cell[column.y] - y0];
      const along = x * dx + y * dy, across = Math.abs(x * dy) + Math.abs(y * dx);
      if (from && along <= across) continue;
      const distance = from ? along + 2 * across : Math.hypot(x, y);
      if (distance < least) [best, least] = [cell[column.id], distance];
    }
    if (best) state.choose(best);
  }

  const step = (by) => () => { state.play(false); state.show(state.index + by); };
  Object.assign(own.keys, {
    ArrowLeft: step(-1),
    ArrowRight: step(1),
    Home: step(-Infinity),
    End: step(Infinity),
    " ": () => state.play(!state.isPlaying()),
    "+": () => zoomBy(STEP),
    "=": () => zoomBy(STEP),
    "-": () => zoomBy(1 / STEP),
    0: () => view.zoomTo(1),
    Escape: () => state.choose(0),
    "Shift+ArrowLeft": () => neighbour(-1, 0),
    "Shift+ArrowRight": () => neighbour(1, 0),
    "Shift+ArrowUp": () => neighbour(0, -1),
    "Shift+ArrowDown": () => neighbour(0, 1),
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("input:not([type=range], [type=checkbox]), select, textarea");
    const acts = event.target.closest("button, summary, a, input[type=checkbox]");
    if (field || (acts && (event.key === " " || event.key === "Enter"))) return;
    const name = event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key;
    const action = (own.tool && own.tool.keys && own.tool.keys[name]) || own.keys[name];
    if (!action) return;
    event.preventDefault();
    action();
  });

  state.on("frame", () => { slider.value = state.index; });
  state.on("play", () => root.classList.toggle("playing", state.isPlaying()));
  return own;
})();
