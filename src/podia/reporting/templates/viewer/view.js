"use strict";
// Where the picture lies on the canvas: zoom, centre, and from screen to movie and back.
const view = (() => {
  const canvas = document.querySelector("#viewer canvas");
  const { data, column } = movie;
  const MOST_ZOOM = 16;
  const MARGIN = 0.15;
  let centre = [data.width / 2, data.height / 2];
  let queued = false;

  const own = { canvas, zoom: 1, layers: [], geometry, place, pointed, under, zoomTo, moveBy, redraw, keepInView };

  // Keeps the centre where the picture fills the canvas, and returns how the picture lies.
  function geometry() {
    const scale = Math.min(canvas.width / data.width, canvas.height / data.height) * own.zoom;
    const half = [canvas.width / scale / 2, canvas.height / scale / 2];
    // No further than the picture's edge; in the middle where the canvas is larger than the picture.
    centre = [data.width, data.height].map((size, axis) =>
      2 * half[axis] >= size ? size / 2 : Math.min(Math.max(centre[axis], half[axis]), size - half[axis]));
    return { scale, half, left: (half[0] - centre[0]) * scale, top: (half[1] - centre[1]) * scale };
  }

  // Canvas position of a point given in px of the movie, whose pixel centres are whole numbers.
  function place(x, y) {
    const { scale, left, top } = geometry();
    return [(x + 0.5) * scale + left, (y + 0.5) * scale + top];
  }

  // Point under the pointer, in px from the frame's corner.
  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const { scale, left, top } = geometry();
    const dot = canvas.width / box.width;
    return [((event.clientX - box.left) * dot - left) / scale, ((event.clientY - box.top) * dot - top) / scale];
  }

  // Track whose outline holds such a point; 0 without.
  function under(point) {
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [id, path] of movie.paths(state.index)) {
      if (context.isPointInPath(path, ...point, "evenodd")) return id;
    }
    return 0;
  }

  // Zooms so that the point `around` stays where it is on the screen.
  function zoomTo(wanted, around) {
    const before = own.zoom;
    own.zoom = Math.min(Math.max(wanted, 1), MOST_ZOOM);
    if (around) centre = centre.map((value, axis) => around[axis] + (value - around[axis]) * before / own.zoom);
    canvas.classList.toggle("zoomed", own.zoom > 1);
    geometry();
    redraw();
  }

  function moveBy(shift) {
    centre = centre.map((value, axis) => value + shift[axis]);
    geometry();
    redraw();
  }

  // Moves the picture just so far that the chosen cell is well inside; nothing where it is, or is not in this frame.
  function keepInView() {
    const cell = state.chosen && movie.cellAt(state.index, state.chosen);
    if (!cell || own.zoom === 1) return;
    const { half } = geometry();
    centre = centre.map((value, axis) => {
      const at = cell[axis ? column.y : column.x] + 0.5, reach = half[axis] * (1 - 2 * MARGIN);
      return Math.min(Math.max(value, at - reach), at + reach);
    });
  }

  function redraw() {
    if (queued) return;
    queued = true;
    requestAnimationFrame(() => {
      queued = false;
      drawNow();
    });
  }

  function drawNow() {
    const context = canvas.getContext("2d");
    // Marks shrink with a small picture, but not so far that they cannot be read.
    const dot = canvas.width / canvas.clientWidth * Math.min(1, Math.max(0.62, canvas.clientWidth / 760));
    for (const layer of own.layers) layer(context, { ...geometry(), dot, place });
  }

  function fit() {
    const dot = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(canvas.clientWidth * dot);
    canvas.height = Math.round(canvas.clientHeight * dot);
  }

  canvas.style.aspectRatio = `${data.width} / ${data.height}`;
  fit();
  new ResizeObserver(() => { fit(); drawNow(); }).observe(canvas);
  state.on("frame", () => {
    canvas.dataset.frame = movie.frameOf(state.index);
    keepInView();
    redraw();
  });
  state.on("choice", () => { keepInView(); redraw(); });
  state.on("hover", redraw);
  return own;
})();
