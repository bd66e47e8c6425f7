"use strict";
(() => {
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const root = document.getElementById("viewer");
  const canvas = root.querySelector("canvas");
  const context = canvas.getContext("2d");
  const slider = root.querySelector("input[type=range]");
  const readout = root.querySelector("output");
  const told = root.querySelector(".told");
  const toggle = (name) => root.querySelector(`input[name=${name}]`);
  const button = (name) => root.querySelector(`button[name=${name}]`);

  // Columns of a cell and of a tip, in the order in which the page was written.
  const [ID, X, Y, X_STABLE, Y_STABLE, MEASURES] = [0, 1, 2, 3, 4, 5];
  const PLAY_MS = 125;
  const MOST_IDS = 150;

  let shown = 0, hovered = 0, selected = 0, timer = 0, zoom = 1;
  let centre = [data.width / 2, data.height / 2];
  let drag = null;

  const colour = (id) => data.colours[id % data.colours.length];
  const cellIn = (index, id) => data.frames[index].cells.find((cell) => cell[ID] === id);

  function write(value, unit) {
    if (value === null || value === undefined) return "not defined";
    const size = Math.abs(value);
    const text = size >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
    return unit ? `${text}\u202f${unit}` : text;
  }

  // ---- what a frame holds, read when it is first shown

  const pictures = new Map();
  function picture(index) {
    if (!pictures.has(index)) {
      const image = new Image();
      image.onload = () => { if (index === shown) draw(); };
      image.src = "data:image/jpeg;base64," + data.frames[index].image;
      pictures.set(index, image);
      // Decoded pictures are large: keep those around the last ones asked for.
      if (pictures.size > 40) pictures.delete(pictures.keys().next().value);
    }
    return pictures.get(index);
  }

  const shapes = new Map();
  function outlines(index) {
    if (!shapes.has(index)) shapes.set(index, unpack(data.frames[index].outlines));
    return shapes.get(index);
  }

  function unpack(text) {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const paths = new Map();
    for (let at = 0; at < bytes.length;) {
      const id = view.getUint32(at, true), steps = view.getUint16(at + 4, true);
      let x = view.getUint16(at + 6, true), y = view.getUint16(at + 8, true);
      const path = paths.get(id) || new Path2D();
      path.moveTo(x / 2, y / 2);
      at += 10;
      for (let step = 0; step < steps; step++, at += 2) {
        x += view.getInt8(at);
        y += view.getInt8(at + 1);
        path.lineTo(x / 2, y / 2);
      }
      path.closePath();
      paths.set(id, path);
    }
    return paths;
  }

  // ---- drawing

  function geometry() {
    const scale = Math.min(canvas.width / data.width, canvas.height / data.height) * zoom;
    const half = [canvas.width / scale / 2, canvas.height / scale / 2];
    // No further than the picture's edge; in the middle where the canvas is larger than the picture.
    centre = [data.width, data.height].map((size, axis) =>
      2 * half[axis] >= size ? size / 2 : Math.min(Math.max(centre[axis], half[axis]), size - half[axis]));
    return { scale, left: (half[0] - centre[0]) * scale, top: (half[1] - centre[1]) * scale };
  }

  function draw() {
    const frame = data.frames[shown];
    const image = picture(shown);
    const { scale, left, top } = geometry();
    // Marks shrink with a small picture, but not so far that they cannot be read.
    const dot = canvas.width / canvas.clientWidth * Math.min(1, Math.max(0.62, canvas.clientWidth / 760));
    const place = (x, y) => [(x + 0.5) * scale + left, (y + 0.5) * scale + top];
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(scale, 0, 0, scale, left, top);
    if (image.complete && image.naturalWidth) context.drawImage(image, 0, 0, data.width, data.height);
    if (toggle("outlines").checked) drawOutlines(outlines(shown), dot / scale);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (toggle("tails").checked || selected) drawTails(frame, place, dot);
    if (toggle("tips").checked) drawTips(frame, place, dot);
    if (toggle("ids").checked) drawIds(frame, place, dot);
    if (data.bar) drawBar(scale, dot);
    readout.textContent = frame.time.startsWith("frame")
      ? `frame ${frame.frame} of ${data.n_frames - 1}`
      : `frame ${frame.frame} · ${frame.time}`;
    canvas.dataset.frame = frame.frame;
  }

  function drawOutlines(paths, pixel) {
    context.lineJoin = "round";
    for (const [id, path] of paths) {
      const strong = id === selected || id === hovered;
      if (strong) {
        context.globalAlpha = 0.22;
        context.fillStyle = colour(id);
        context.fill(path, "evenodd");
      }
      context.globalAlpha = selected && !strong ? 0.45 : 1;
      context.strokeStyle = colour(id);
      context.lineWidth = (strong ? 3 : 1.6) * pixel;
      context.stroke(path);
    }
    context.globalAlpha = 1;
  }

  function drawTails(frame, place, dot) {
    const [yy, yx, y0, xy, xx, x0] = frame.restore;
    const wanted = toggle("tails").checked ? frame.cells.map((cell) => cell[ID]) : [selected];
    for (const id of wanted) {
      // A selected track is shown from its start.
      const first = id === selected ? 0 : Math.max(0, shown - data.tail);
      context.beginPath();
      for (let index = first; index <= shown; index++) {
        const cell = cellIn(index, id);
        if (!cell) continue;
        const [y, x] = [cell[Y_STABLE], cell[X_STABLE]];
        context.lineTo(...place(xy * y + xx * x + x0, yy * y + yx * x + y0));
      }
      context.strokeStyle = colour(id);
      context.lineWidth = (id === selected ? 2.6 : 1.8) * dot;
      context.globalAlpha = 0.85;
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  function drawTips(frame, place, dot) {
    for (const [id, x, y, baseX, baseY] of frame.tips) {
      const [px, py] = place(x, y);
      if (id === selected || id === hovered) {
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

  function drawIds(frame, place, dot) {
    context.font = `600 ${11.5 * dot}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3 * dot;
    context.strokeStyle = "rgba(0,0,0,0.75)";
    for (const cell of frame.cells) {
      const [x, y] = place(cell[X], cell[Y]);
      if (x < 0 || y < 0 || x > canvas.width || y > canvas.height) continue;
      const at = [Math.max(x, 12 * dot), Math.max(y, 9 * dot)];
      context.strokeText(cell[ID], ...at);
      context.fillStyle = cell[ID] === selected ? "#fff" : colour(cell[ID]);
      context.fillText(cell[ID], ...at);
    }
  }

  function drawBar(scale, dot) {
    const wanted = data.bar[1] / zoom;
    const power = 10 ** Math.floor(Math.log10(wanted) + 1e-9);
    const nice = [5, 2, 1].find((factor) => factor * power <= wanted * (1 + 1e-9)) * power;
    const length = data.bar[0] * scale * nice / data.bar[1];
    const words = write(nice, "µm");
    const [x, y] = [canvas.width - 16 * dot, canvas.height - 16 * dot];
    context.fillStyle = "rgba(0,0,0,0.55)";
    context.fillRect(x - length - 8 * dot, y - 22 * dot, length + 16 * dot, 30 * dot);
    context.fillStyle = "#fff";
    context.fillRect(x - length, y - 2 * dot, length, 4 * dot);
    context.font = `600 ${12 * dot}px system-ui, sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.fillText(words, x - length / 2, y - 7 * dot);
  }

  // ---- what is told beside the picture

  function element(name, text, kind) {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (kind) made.className = kind;
    return made;
  }

  function tell() {
    const id = hovered || selected;
    told.replaceChildren();
    if (!id) {
      const n = data.frames[shown].cells.length;
      const tips = data.outlined ? [["Protrusion tips", write(data.frames[shown].tips.length)]] : [];
      told.append(element("h3", "This frame"), list([["Cells", write(n)], ...tips]));
      return;
    }
    const heading = element("h3");
    const swatch = element("span", "", "swatch");
    swatch.style.background = colour(id);
    heading.append(swatch, `Track ${id}`);
    told.append(heading);
    const cell = cellIn(shown, id);
    const track = data.tracks[id];
    const rows = cell
      ? data.measures.map(([words, unit], index) => [words, write(cell[MEASURES + index], unit)])
      : [["In this frame", "not seen"]];
    if (track) {
      rows.push(["Frames", track[0] === track[1] ? track[0] : `${track[0]} to ${track[1]}`]);
      rows.push(["Mean speed", write(track[2], data.speed_unit)]);
    }
    told.append(list(rows));
    if (track) tellFamily(track[3], track[4]);
  }

  function list(rows) {
    const made = element("dl");
    for (const [words, value] of rows) made.append(element("dt", words), element("dd", value));
    return made;
  }

  function tellFamily(parent, daughters) {
    const link = (id) => {
      const made = element("button", id);
      made.type = "button";
      made.addEventListener("click", () => {
        select(id);
        if (!cellIn(shown, id)) goTo(data.tracks[id][id === parent ? 1 : 0]);
      });
      return made;
    };
    for (const [words, ids] of [["Daughter of ", parent ? [parent] : []], ["Divides into ", daughters]]) {
      if (!ids.length) continue;
      const line = element("p", words, "family");
      ids.forEach((id, index) => line.append(index ? ", " : "", link(id)));
      told.append(line);
    }
  }

  // ---- moving through the movie

  function show(index) {
    shown = Math.min(Math.max(index, 0), data.frames.length - 1);
    slider.value = shown;
    if (data.frames.length > 1) picture((shown + 1) % data.frames.length);
    draw();
    tell();
  }

  function goTo(frame) {
    const distances = data.frames.map((entry) => Math.abs(entry.frame - frame));
    show(distances.indexOf(Math.min(...distances)));
  }

  function play(wanted) {
    clearInterval(timer);
    timer = wanted && data.frames.length > 1
      ? setInterval(() => show((shown + 1) % data.frames.length), PLAY_MS) : 0;
    root.classList.toggle("playing", Boolean(timer));
  }

  function select(id) {
    selected = id;
    for (const line of document.querySelectorAll("[data-track]")) {
      const lit = Number(line.dataset.track) === id;
      line.classList.toggle("lit", lit);
      // What is drawn last lies on top.
      if (lit) line.parentNode.append(line);
    }
    draw();
    tell();
  }

  function setZoom(wanted, around) {
    const before = zoom;
    zoom = Math.min(Math.max(wanted, 1), 8);
    if (around) centre = centre.map((value, axis) => around[axis] + (value - around[axis]) * before / zoom);
    canvas.classList.toggle("zoomed", zoom > 1);
    draw();
  }

  function zoomOnCell(wanted) {
    const cell = selected && cellIn(shown, selected);
    if (cell && wanted > zoom) centre = [cell[X], cell[Y]];
    setZoom(wanted);
  }

  // ---- pointer, keys, buttons

  function pointed(event) {
    const box = canvas.getBoundingClientRect();
    const { scale, left, top } = geometry();
    const dot = canvas.width / box.width;
    return [((event.clientX - box.left) * dot - left) / scale, ((event.clientY - box.top) * dot - top) / scale];
  }

  function under(point) {
    context.setTransform(1, 0, 0, 1, 0, 0);
    for (const [id, path] of outlines(shown)) {
      if (context.isPointInPath(path, ...point, "evenodd")) return id;
    }
    return 0;
  }

  canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      const now = pointed(event);
      centre = centre.map((value, axis) => value + drag.start[axis] - now[axis]);
      drag.moved = drag.moved || Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 4;
      draw();
      return;
    }
    const id = under(pointed(event));
    if (id !== hovered) {
      hovered = id;
      draw();
      tell();
    }
  });
  canvas.addEventListener("pointerleave", () => { hovered = 0; draw(); tell(); });
  canvas.addEventListener("pointerdown", (event) => {
    if (zoom === 1) return;
    drag = { start: pointed(event), x: event.clientX, y: event.clientY, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointerup", () => { setTimeout(() => { drag = null; }); });
  canvas.addEventListener("pointercancel", () => { drag = null; });
  canvas.addEventListener("click", (event) => {
    if (drag && drag.moved) return;
    const id = under(pointed(event));
    select(id === selected ? 0 : id);
  });
  canvas.addEventListener("dblclick", (event) => setZoom(zoom * 2, pointed(event)));
  slider.addEventListener("input", () => { play(false); show(Number(slider.value)); });
  root.querySelector(".round").addEventListener("click", () => play(!timer));
  button("in").addEventListener("click", () => zoomOnCell(zoom * 2));
  button("out").addEventListener("click", () => zoomOnCell(zoom / 2));
  for (const name of ["outlines", "ids", "tips", "tails"]) toggle(name).addEventListener("change", draw);
  for (const link of document.querySelectorAll(".goto")) {
    link.addEventListener("click", () => {
      play(false);
      goTo(Number(link.dataset.frame));
      root.scrollIntoView({ block: "nearest" });
    });
  }

  const keys = {
    ArrowLeft: () => { play(false); show(shown - 1); },
    ArrowRight: () => { play(false); show(shown + 1); },
    " ": () => play(!timer),
    "+": () => zoomOnCell(zoom * 2),
    "-": () => zoomOnCell(zoom / 2),
    Escape: () => select(0),
  };
  document.addEventListener("keydown", (event) => {
    const elsewhere = event.target.closest("input, button, summary, a") && event.target !== slider;
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey || elsewhere) return;
    event.preventDefault();
    keys[event.key]();
  });

  function fit() {
    const dot = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.round(canvas.clientWidth * dot);
    canvas.height = Math.round(canvas.clientHeight * dot);
    draw();
  }

  // ---- start; "#frame=12&track=3" opens the page there

  const asked = new URLSearchParams(location.hash.slice(1));
  canvas.style.aspectRatio = `${data.width} / ${data.height}`;
  const most = Math.max(...data.frames.map((frame) => frame.cells.length));
  toggle("ids").checked = most <= MOST_IDS;
  new ResizeObserver(fit).observe(canvas);
  fit();
  if (asked.has("frame")) goTo(Number(asked.get("frame"))); else show(0);
  if (asked.has("track")) select(Number(asked.get("track")));
})();
