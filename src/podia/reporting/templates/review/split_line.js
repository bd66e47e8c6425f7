"use strict";
// The line along which the chosen cell is cut: drawn with the pointer, or turned and moved by the arrow keys.
(() => {
  const button = document.querySelector("#viewer button[name=split]");
  const TURN = Math.PI / 18;
  let line = null;   // { middle: [x, y], angle, half }, in px from the frame's corner
  let from = null;   // where the pointer was put down

  // At first across the middle of the cell, at right angles to its long axis.
  function across(loops) {
    const points = loops.flat();
    const mean = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    let [xx, xy, yy] = [0, 0, 0];
    for (const [x, y] of points) {
      xx += (x - mean[0]) ** 2;
      xy += (x - mean[0]) * (y - mean[1]);
      yy += (y - mean[1]) ** 2;
    }
    const reach = Math.max(...points.map(([x, y]) => Math.hypot(x - mean[0], y - mean[1])));
    return { middle: mean, angle: Math.atan2(2 * xy, xx - yy) / 2 + Math.PI / 2, half: 1.2 * reach };
  }

  const ends = () => [-1, 1].map((side) => [
    line.middle[0] + side * line.half * Math.cos(line.angle),
    line.middle[1] + side * line.half * Math.sin(line.angle),
  ]);

  function drawTo(point) {
    const [dx, dy] = [point[0] - from[0], point[1] - from[1]];
    if (Math.hypot(dx, dy) < 2) return;
    line = { middle: [from[0] + dx / 2, from[1] + dy / 2], angle: Math.atan2(dy, dx), half: Math.hypot(dx, dy) / 2 };
    view.redraw();
  }

  function begin() {
    if (!operations.isOn()) return;
    const loops = state.chosen && movie.outlines(state.index).get(state.chosen);
    if (!loops) {
      operations.say("Split: choose a cell first.", true);
      return;
    }
    state.play(false);
    line = across(loops);
    controls.tool = tool;
    operations.say("Split: drag a line across the cell, or ← → turn it and ↑ ↓ move it. Enter cuts, esc leaves.");
    view.canvas.classList.add("cutting");
    view.redraw();
  }

  function end() {
    controls.tool = line = from = null;
    view.canvas.classList.remove("cutting");
    view.redraw();
  }

  function cut() {
    const cell = places.of(state.index, state.chosen);
    const part = { cell, line: ends().map(([x, y]) => [y - 0.5, x - 0.5]) };
    const last = corrections.all().at(-1);
    const before = last && last.correction.op === "split" ? last.correction.frames : null;
    // Cut again in the frame after the last cut, the parts of both frames are the same two tracks.
    if (before && before.at(-1).cell.track === cell.track && movie.indexOf(before.at(-1).cell.frame) === state.index - 1) {
      const frames = [...before, part];
      const indices = frames.map((one) => movie.indexOf(one.cell.frame));
      corrections.replaceLast({ op: "split", frames }, `split ${cell.track}, ${operations.inFrames(indices)}`);
    } else {
      corrections.add({ op: "split", frames: [part] }, `split ${cell.track}, frame ${cell.frame}`);
    }
    operations.say(`Added: ${corrections.all().at(-1).text}. z takes it back.`);
    end();
  }

  const turn = (by) => () => { line.angle += by; view.redraw(); };
  const move = (by) => () => {
    line.middle = [line.middle[0] - by * Math.sin(line.angle), line.middle[1] + by * Math.cos(line.angle)];
    view.redraw();
  };
  const tool = {
    down: (point) => { from = point; },
    move: (point) => { if (from) drawTo(point); },
    up(point) {
      if (!from) return;
      drawTo(point);
      const long = Math.hypot(point[0] - from[0], point[1] - from[1]) >= 2;
      from = null;
      if (long) cut();
    },
    keys: {
      ArrowLeft: turn(-TURN), ArrowRight: turn(TURN), ArrowUp: move(-1), ArrowDown: move(1),
      Enter: cut, Escape: () => { end(); operations.say("Not split."); },
    },
  };

  view.layers.push((context, { dot, place }) => {
    if (!line) return;
    context.beginPath();
    for (const [x, y] of ends()) context.lineTo(...place(x - 0.5, y - 0.5));
    context.strokeStyle = "#fff";
    context.lineWidth = 2.5 * dot;
    context.setLineDash([7 * dot, 4 * dot]);
    context.stroke();
    context.setLineDash([]);
  });
  controls.keys.s = begin;
  button.addEventListener("click", begin);
})();
