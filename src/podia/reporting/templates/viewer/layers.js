"use strict";
// What is drawn on the picture, one function per layer, from below: function(context, { scale, left, top, dot, place }).
(() => {
  const { data, column } = movie;
  const toggled = (name) => document.querySelector(`#viewer input[name=${name}]`).checked;
  const isStrong = (id) => id === state.chosen || id === state.hovered;

  function picture(context, { scale, left, top }) {
    const image = movie.pictures(state.index);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, view.canvas.width, view.canvas.height);
    context.setTransform(scale, 0, 0, scale, left, top);
    if (image.complete && image.naturalWidth) context.drawImage(image, 0, 0, data.width, data.height);
    else image.onload = view.redraw;
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  function outlines(context, { scale, left, top, dot }) {
    if (!toggled("outlines")) return;
    context.setTransform(scale, 0, 0, scale, left, top);
    context.lineJoin = "round";
    for (const [id, path] of movie.paths(state.index)) {
      if (isStrong(id)) {
        context.globalAlpha = 0.22;
        context.fillStyle = movie.colour(id);
        context.fill(path, "evenodd");
      }
      context.globalAlpha = state.chosen && !isStrong(id) ? 0.45 : 1;
      context.strokeStyle = movie.colour(id);
      context.lineWidth = (isStrong(id) ? 3 : 1.6) * dot / scale;
      context.stroke(path);
    }
    context.globalAlpha = 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  function tails(context, { dot, place }) {
    if (!toggled("tails") && !state.chosen) return;
    const [yy, yx, y0, xy, xx, x0] = data.frames[state.index].restore;
    for (const id of toggled("tails") ? movie.idsOf(state.index) : [state.chosen]) {
      // A chosen track is shown from its start.
      const first = id === state.chosen ? 0 : Math.max(0, state.index - data.tail);
      context.beginPath();
      for (const index of movie.indicesOf(id)) {
        if (index < first || index > state.index) continue;
        const cell = movie.cellAt(index, id);
        const [y, x] = [cell[column.yStable], cell[column.xStable]];
        context.lineTo(...place(xy * y + xx * x + x0, yy * y + yx * x + y0));
      }
      context.strokeStyle = movie.colour(id);
      context.lineWidth = (id === state.chosen ? 2.6 : 1.8) * dot;
      context.globalAlpha = 0.85;
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  function tips(context, { dot, place }) {
    if (!toggled("tips")) return;
    for (const [id, x, y, baseX, baseY] of data.frames[state.index].tips) {
      const [px, py] = place(x, y);
      if (isStrong(id)) {
        context.beginPath();
        context.moveTo(...place(baseX, baseY));
        context.lineTo(px, py);
        context.strokeStyle = "#fff";
        context.lineWidth = 1.2 * dot;
        context.setLineDash([4 * dot, 3 * dot]);
        context.stroke();
        context.setLineDash([]);
      }
      context.beginPath();
      context.arc(px, py, 3 * dot, 0, 7);
      context.fillStyle = "#fff";
      context.fill();
      context.lineWidth = 1.4 * dot;
      context.strokeStyle = "#000";
      context.stroke();
    }
  }

  function ids(context, { dot, place }) {
    if (!toggled("ids")) return;
    context.font = `600 ${11.5 * dot}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * dot;
    context.strokeStyle = "rgba(0,0,0,0.75)";
    for (const cell of movie.cells(state.index)) {
      const [x, y] = place(cell[column.x], cell[column.y]);
      if (x < 0 || y < 0 || x > view.canvas.width || y > view.canvas.height) continue;
      const at = [Math.max(x, 12 * dot), Math.max(y, 9 * dot)];
      context.strokeText(cell[column.id], ...at);
      context.fillStyle = cell[column.id] === state.chosen ? "#fff" : movie.colour(cell[column.id]);
      context.fillText(cell[column.id], ...at);
    }
  }

  function bar(context, { scale, dot }) {
    if (!data.bar) return;
    const wanted = data.bar[1] / view.zoom;
    const power = 10 ** Math.floor(Math.log10(wanted) + 1e-9);
    const nice = [5, 2, 1].find((factor) => factor * power <= wanted * (1 + 1e-9)) * power;
    const length = data.bar[0] * scale * nice / data.bar[1];
    const [x, y] = [view.canvas.width - 16 * dot, view.canvas.height - 16 * dot];
    context.fillStyle = "rgba(0,0,0,0.55)";
    context.fillRect(x - length - 8 * dot, y - 22 * dot, length + 16 * dot, 30 * dot);
    context.fillStyle = "#fff";
    context.fillRect(x - length, y - 2 * dot, length, 4 * dot);
    context.font = `600 ${12 * dot}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(words.number(nice, "µm"), x - length / 2, y - 7 * dot);
  }

  view.layers.push(picture, outlines, tails, tips, ids, bar);
})();
