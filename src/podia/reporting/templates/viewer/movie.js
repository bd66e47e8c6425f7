"use strict";
// What the page knows of the movie: frames, cells, outlines, pictures. `index` counts the frames in the page, which may
// be fewer than those of the movie; `frame` is the movie's own number.
const movie = (() => {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  // Columns of a cell, in the order in which the page was written.
  const column = { id: 0, x: 1, y: 2, xStable: 3, yStable: 4, measures: 5 };
  const MOST_KEPT = 40;

  // Reads what is made for a frame when it is first asked for, and keeps it for the frames asked for last.
  function kept(make) {
    const made = new Map();
    return (index) => {
      if (!made.has(index)) {
        made.set(index, make(index));
        if (made.size > MOST_KEPT) made.delete(made.keys().next().value);
      }
      return made.get(index);
    };
  }

  const cellsById = kept((index) => new Map(data.frames[index].cells.map((cell) => [cell[column.id], cell])));
  const cellAt = (index, id) => cellsById(index).get(id);

  const indexOfFrame = new Map(data.frames.map((entry, index) => [entry.frame, index]));
  function nearestIndex(frame) {
    const distances = data.frames.map((entry) => Math.abs(entry.frame - frame));
    return distances.indexOf(Math.min(...distances));
  }

  // Indices of the frames in the page in which a track is seen, ascending; read once for all tracks.
  let seen = null;
  function indicesOf(id) {
    if (!seen) {
      seen = new Map();
      data.frames.forEach((entry, index) => {
        for (const cell of entry.cells) {
          if (!seen.has(cell[column.id])) seen.set(cell[column.id], []);
          seen.get(cell[column.id]).push(index);
        }
      });
    }
    return seen.get(id) || [];
  }

  // ---- outlines: x and y in px from the frame's corner, so that the middle of the first pixel is at 0.5

  function* loops(index) {
    const bytes = Uint8Array.from(atob(data.frames[index].outlines), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length;) {
      const id = view.getUint32(at, true), steps = view.getUint16(at + 4, true);
      let x = view.getUint16(at + 6, true), y = view.getUint16(at + 8, true);
      const points = [[x / 2, y / 2]];
      at += 10;
      for (let step = 0; step < steps; step++, at += 2) {
        x += view.getInt8(at);
        y += view.getInt8(at + 1);
        points.push([x / 2, y / 2]);
      }
      yield [id, points];
    }
  }

  const outlines = kept((index) => {
    const byId = new Map();
    for (const [id, points] of loops(index)) byId.set(id, [...(byId.get(id) || []), points]);
    return byId;
  });

  const paths = kept((index) => {
    const made = new Map();
    for (const [id, parts] of outlines(index)) {
      const path = new Path2D();
      for (const points of parts) {
        points.forEach(([x, y], number) => (number ? path.lineTo(x, y) : path.moveTo(x, y)));
        path.closePath();
      }
      made.set(id, path);
    }
    return made;
  });

  const pictures = kept((index) => {
    const image = new Image();
    image.src = "data:image/jpeg;base64," + data.frames[index].image;
    return image;
  });

  return {
    data, column, cellAt, indicesOf, nearestIndex, outlines, paths, pictures,
    last: data.frames.length - 1,
    isWhole: data.frames.length === data.n_frames,
    frameOf: (index) => data.frames[index].frame,
    indexOf: (frame) => indexOfFrame.get(frame),
    cells: (index) => data.frames[index].cells,
    idsOf: (index) => data.frames[index].cells.map((cell) => cell[column.id]),
    colour: (id) => data.colours[id % data.colours.length],
    track: (id) => {
      const track = data.tracks[id];
      return track && { first: track[0], last: track[1], speed: track[2], parent: track[3], daughters: track[4] };
    },
  };
})();
