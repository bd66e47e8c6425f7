"use strict";
// Plots of the chosen track: each measure over the frames, and the kymograph of its edge.
(() => {
  const box = document.getElementById("track-plots");
  const { data, column } = movie;
  const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [380, 170, 44, 12, 26, 36];
  const SVG = document.querySelector("svg").namespaceURI;
  let markers = [];   // [line or bar, function that places it at a frame]

  function svg(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Round numbers from low to high, at most five.
  function ticks(low, high) {
    const wanted = (high - low) / 4 || 1;
    const power = 10 ** Math.floor(Math.log10(wanted));
    const step = [1, 2, 5, 10].find((factor) => factor * power >= wanted) * power;
    const found = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) {
      found.push(Number(tick.toPrecision(12)));
    }
    return found;
  }

  // The frames on the x axis: whole numbers, the same in all plots of a track.
  function xAxis(first, last) {
    const place = (frame) => LEFT + (last > first ? (frame - first) / (last - first) : 0.5) * (WIDTH - LEFT - RIGHT);
    const whole = ticks(first, last).filter(Number.isInteger);
    return { place, ticks: whole, frameAt: (x) => Math.round(first + (x - LEFT) / (WIDTH - LEFT - RIGHT) * (last - first)) };
  }

  function figure(title, picture, caption) {
    const made = words.element("figure", undefined, "card");
    made.append(words.element("h3", title), picture);
    if (caption) made.append(words.element("figcaption", caption));
    return made;
  }

  function curve(id, name, unit, number, axis) {
    const points = movie.indicesOf(id).map((index) => [movie.frameOf(index), movie.cellAt(index, id)[column.measures + number]]);
    const values = points.map(([, value]) => value).filter((value) => value !== null && value !== undefined);
    if (!values.length) return null;
    let [low, high] = [Math.min(...values), Math.max(...values)];
    if (low === high) [low, high] = [Math.min(low, 0), high || 1];
    const down = (value) => HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM);
    const label = unit ? `${name.toLowerCase()} (${unit})` : name.toLowerCase();
    const plot = svg("svg", { class: "plot", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${name} of track ${id} over the frames` });
    for (const tick of ticks(low, high)) {
      plot.append(svg("line", { class: "grid", x1: LEFT, y1: down(tick), x2: WIDTH - RIGHT, y2: down(tick) }));
      plot.append(svg("text", { class: "tick", x: LEFT - 6, y: down(tick) + 3.5, "text-anchor": "end" }, Number(tick.toPrecision(6))));
    }
    for (const tick of axis.ticks) {
      plot.append(svg("text", { class: "tick", x: axis.place(tick), y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }, tick));
    }
    plot.append(svg("line", { class: "axis", x1: LEFT, y1: HEIGHT - BOTTOM, x2: WIDTH - RIGHT, y2: HEIGHT - BOTTOM }));
    plot.append(svg("text", { class: "label", x: 2, y: 12 }, label));
    plot.append(svg("text", { class: "label", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, "frame"));
    let [path, joined] = ["", false];
    for (const [frame, value] of points) {
      const defined = value !== null && value !== undefined;
      if (defined) path += `${joined ? "L" : "M"}${axis.place(frame).toFixed(1)},${down(value).toFixed(1)}`;
      joined = defined;
    }
    plot.append(svg("path", { class: "series", d: path }));
    plot.dataset.csv = [["frame", label].join(","), ...points.map(([frame, value]) => `${frame},${value ?? ""}`)].join("\n");
    const now = svg("line", { class: "guide", y1: TOP, y2: HEIGHT - BOTTOM });
    plot.append(now);
    markers.push((frame) => { for (const end of ["x1", "x2"]) now.setAttribute(end, axis.place(frame)); });
    plot.addEventListener("click", (event) => {
      const bounds = plot.getBoundingClientRect();
      state.lead(axis.frameAt((event.clientX - bounds.left) / bounds.width * WIDTH), id);
    });
    return figure(`${name} of track ${id}`, plot);
  }

  // ColorBrewer's RdBu: blue retracts, red protrudes, grey without data.
  const STOPS = [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]];
  function rgb(value) {
    if (value === -128) return [160, 160, 160];
    const at = (value / 127 + 1) * 2, low = Math.min(Math.floor(at), 3);
    return STOPS[low].map((channel, number) => channel + (STOPS[low + 1][number] - channel) * (at - low));
  }

  function kymograph(id) {
    const { kymographs } = data;
    if (!kymographs || !kymographs.tracks[id]) return null;
    const [first, text] = kymographs.tracks[id];
    const values = Int8Array.from(atob(text), (character) => character.charCodeAt(0));
    const [across, down] = [kymographs.n, values.length / kymographs.n];
    const canvas = words.element("canvas", undefined, "kymograph");
    [canvas.width, canvas.height] = [across, down];
    const pixels = new ImageData(across, down);
    values.forEach((value, number) => pixels.data.set([...rgb(value), 255], 4 * number));
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    const frame = words.element("div", undefined, "kymograph-frame");
    const now = words.element("span", undefined, "now");
    frame.append(canvas, now);
    markers.push((shown) => {
      now.hidden = shown < first || shown >= first + down;
      now.style.top = `${(shown - first + 0.5) / down * 100}%`;
    });
    canvas.addEventListener("click", (event) => {
      const bounds = canvas.getBoundingClientRect();
      state.lead(first + Math.floor((event.clientY - bounds.top) / bounds.height * down), id);
    });
    return figure(`Kymograph of track ${id}`, frame,
      `Edge velocity: red protrudes, blue retracts, up to ${words.number(kymographs.most, kymographs.unit)}; grey: no data. `
      + `Frames ${first} to ${first + down - 1} run down, positions around the cell run across.`);
  }

  function build() {
    const id = state.chosen;
    if (Number(box.dataset.of) === id) return;
    box.dataset.of = id;
    markers = [];
    const indices = id ? movie.indicesOf(id) : [];
    box.hidden = indices.length < 2;
    if (box.hidden) {
      box.replaceChildren();
      return;
    }
    const axis = xAxis(movie.frameOf(indices[0]), movie.frameOf(indices.at(-1)));
    const curves = data.measures.map(([name, unit], number) => curve(id, name, unit, number, axis));
    box.replaceChildren(...[...curves, kymograph(id)].filter(Boolean));
    for (const made of box.children) downloads.offer(made);
    place();
  }

  const place = () => markers.forEach((marker) => marker(movie.frameOf(state.index)));
  state.on("choice", build);
  state.on("frame", place);
})();
