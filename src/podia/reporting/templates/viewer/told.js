"use strict";
// What is said beside the picture: of the cell under the pointer, else of the chosen one, else of the frame.
(() => {
  const told = document.querySelector("#viewer .told");
  const readout = document.querySelector("#viewer output");
  const { data, column } = movie;

  function tell() {
    const id = state.hovered || state.chosen;
    told.replaceChildren(...(id ? ofCell(id) : ofFrame()));
  }

  function ofFrame() {
    const tips = data.outlined ? [["Protrusion tips", words.number(data.frames[state.index].tips.length)]] : [];
    const cells = ["Cells", words.number(movie.cells(state.index).length)];
    return [words.element("h3", "This frame"), words.pairs([cells, ...tips])];
  }

  function ofCell(id) {
    const heading = words.element("h3");
    const swatch = words.element("span", "", "swatch");
    swatch.style.background = movie.colour(id);
    heading.append(swatch, `Track ${id}`);
    const cell = movie.cellAt(state.index, id), track = movie.track(id);
    const rows = cell
      ? data.measures.map(([name, unit], number) => [name, words.number(cell[column.measures + number], unit)])
      : [["In this frame", "not seen"]];
    if (!track) return [heading, words.pairs(rows)];
    rows.push(["Frames", track.first === track.last ? track.first : `${track.first} to ${track.last}`]);
    rows.push(["Mean speed", words.number(track.speed, data.speed_unit)]);
    return [heading, words.pairs(rows), ...family(track)];
  }

  function family(track) {
    const relatives = [["Daughter of ", track.parent ? [track.parent] : []], ["Divides into ", track.daughters]];
    return relatives.filter(([, ids]) => ids.length).map(([text, ids]) => {
      const line = words.element("p", text, "family");
      ids.forEach((id, number) => line.append(number ? ", " : "", words.button(String(id), () => {
        const relative = movie.track(id);
        if (!movie.cellAt(state.index, id)) state.goTo(id === track.parent ? relative.last : relative.first);
        state.choose(id);
      })));
      return line;
    });
  }

  function tellTime() {
    const { frame, time } = data.frames[state.index];
    readout.textContent = time.startsWith("frame") ? `frame ${frame} of ${data.n_frames - 1}` : `frame ${frame} · ${time}`;
  }

  state.on("frame", () => { tell(); tellTime(); });
  state.on("choice", tell);
  state.on("hover", tell);
})();
