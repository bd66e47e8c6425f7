"use strict";
// Cells as corrections name them: by frame and a point that lies in them, { frame, y, x, track }.
const places = (() => {
  // Points are in px from the frame's corner, as outlines are.
  function isInside(loops, [x, y]) {
    let inside = false;
    for (const loop of loops) {
      for (let i = 0, j = loop.length - 1; i < loop.length; j = i++) {
        const [[x1, y1], [x2, y2]] = [loop[i], loop[j]];
        if ((y1 > y) !== (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) inside = !inside;
      }
    }
    return inside;
  }

  // Distance of a point to the outline.
  function clearance(loops, [x, y]) {
    let least = Infinity;
    for (const loop of loops) {
      for (let i = 0, j = loop.length - 1; i < loop.length; j = i++) {
        const [[x1, y1], [x2, y2]] = [loop[j], loop[i]];
        const [dx, dy] = [x2 - x1, y2 - y1];
        const along = ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1);
        const share = Math.min(Math.max(along, 0), 1);
        least = Math.min(least, Math.hypot(x1 + share * dx - x, y1 + share * dy - y));
      }
    }
    return least;
  }

  // A pixel well inside the outline: the centroid's where it lies there, else the innermost of a grid.
  function innermost(loops, centroid) {
    const middle = centroid.map((value) => Math.round(value) + 0.5);
    if (isInside(loops, middle) && clearance(loops, middle) > 2) return middle;
    const points = loops.flat();
    const range = (axis) => {
      const values = points.map((point) => point[axis]);
      const [low, high] = [Math.floor(Math.min(...values)), Math.ceil(Math.max(...values))];
      const step = Math.max(1, Math.round((high - low) / 20));
      return Array.from({ length: Math.ceil((high - low) / step) }, (_, number) => low + number * step + 0.5);
    };
    let best = middle, most = -1;
    for (const x of range(0)) {
      for (const y of range(1)) {
        if (!isInside(loops, [x, y])) continue;
        const room = clearance(loops, [x, y]);
        if (room > most) [best, most] = [[x, y], room];
      }
    }
    return best;
  }

  return {
    isInside,
    of(index, id) {
      const cell = movie.cellAt(index, id);
      const centroid = [cell[movie.column.x], cell[movie.column.y]];
      const loops = movie.outlines(index).get(id);
      const [x, y] = movie.data.outlined && loops ? innermost(loops, centroid) : centroid.map((value) => value + 0.5);
      return { frame: movie.frameOf(index), y: y - 0.5, x: x - 0.5, track: id };
    },
  };
})();
