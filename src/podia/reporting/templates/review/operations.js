"use strict";
// Corrections made of what is chosen and marked. Each returns [correction, text], or throws what is missing.
const operations = (() => {
  const root = document.getElementById("viewer");
  const said = root.querySelector(".said");
  const scope = root.querySelector("select[name=scope]");
  const frame = () => movie.frameOf(state.index);

  // The chosen cell and the marked ones as { index, id }, each track once; the chosen one first.
  function picked() {
    const all = [...(state.chosen ? [{ index: state.index, id: state.chosen }] : []), ...state.marked];
    return all.filter((one, number) => all.findIndex((other) => other.id === one.id) === number);
  }

  function pickedIds(count, what) {
    const ids = picked().map((one) => one.id);
    if (ids.length < count) {
      throw Error(count === 1 ? `${what}: choose a cell first.` : `${what}: choose a cell, then the other with shift and click, or x.`);
    }
    return ids;
  }

  function here(id, index = state.index) {
    if (!movie.cellAt(index, id)) throw Error(`Track ${id} is not seen in frame ${movie.frameOf(index)}.`);
    return places.of(index, id);
  }

  // Indices in which all tracks are seen, within the frames that are asked for.
  function shared(ids) {
    const wanted = { all: () => true, here: (index) => index === state.index, on: (index) => index >= state.index };
    const [first, ...others] = ids.map((id) => movie.indicesOf(id).filter(wanted[scope.value]));
    const found = first.filter((index) => others.every((indices) => indices.includes(index)));
    if (!found.length) throw Error(`Tracks ${ids.join(" and ")} are not seen together in these frames.`);
    return found;
  }

  function inFrames(indices) {
    const [first, last] = [indices[0], indices.at(-1)].map(movie.frameOf);
    return first === last ? `frame ${first}` : `frames ${first} to ${last}`;
  }

  // The last index before `index` in which a track is seen.
  const lastBefore = (id, index) => movie.indicesOf(id).filter((one) => one < index).at(-1);

  const make = {
    merge() {
      const ids = pickedIds(2, "Merge");
      const indices = shared(ids);
      const pieces = indices.map((index) => ids.map((id) => places.of(index, id)));
      return [{ op: "merge", pieces }, `merge ${ids.join(" and ")}, ${inFrames(indices)}`];
    },

    delete() {
      const ids = pickedIds(1, "Delete");
      const cells = ids.flatMap((id) => shared([id]).map((index) => places.of(index, id)));
      const frames = inFrames(ids.flatMap((id) => shared([id])).sort((a, b) => a - b));
      return [{ op: "delete", cells }, `delete ${ids.join(" and ")}, ${frames}`];
    },

    link() {
      pickedIds(2, "Link");
      let [one, other] = picked();
      if (movie.track(one.id).first > movie.track(other.id).first) [one, other] = [other, one];
      const follows = movie.track(one.id).last < movie.track(other.id).first;
      const later = follows ? movie.indicesOf(other.id)[0] : Math.max(one.index, other.index);
      const earlier = lastBefore(one.id, later);
      if (earlier === undefined) throw Error(`Link: track ${one.id} is not seen before frame ${movie.frameOf(later)}.`);
      return [
        { op: "link", earlier: here(one.id, earlier), later: here(other.id, later) },
        `link ${one.id} and ${other.id}, frames ${movie.frameOf(earlier)} and ${movie.frameOf(later)}`,
      ];
    },

    unlink() {
      const [id] = pickedIds(1, "Unlink");
      return [{ op: "unlink", cell: here(id) }, `unlink ${id}, from frame ${frame()} on`];
    },

    swap() {
      const [one, other] = pickedIds(2, "Swap");
      return [{ op: "swap", cells: [here(one), here(other)] }, `swap ${one} and ${other}, from frame ${frame()} on`];
    },

    // The daughters are cells of the shown frame. The mother is the picked track that is not, or the one seen before.
    set_division() {
      const ids = pickedIds(2, "Division");
      const now = ids.filter((id) => movie.cellAt(state.index, id));
      const mother = ids.find((id) => !now.includes(id)) || now.find((id) => lastBefore(id, state.index) !== undefined);
      const before = mother && lastBefore(mother, state.index);
      if (before === undefined) throw Error("Division: none of these tracks is seen before this frame. Choose the mother there, then her daughters here.");
      return [
        { op: "set_division", mother: here(mother, before), daughters: now.map((id) => here(id)) },
        `division of ${mother} into ${now.join(" and ")}, frame ${frame()}`,
      ];
    },

    remove_division() {
      const [id] = pickedIds(1, "Remove division");
      const mother = movie.track(id).daughters.length ? id : movie.track(id).parent;
      if (!mother) throw Error(`Track ${id} neither divides nor comes from a division.`);
      return [
        { op: "remove_division", mother: here(mother, movie.indicesOf(mother).at(-1)) },
        `no division of ${mother}`,
      ];
    },
  };

  function say(text, isProblem) {
    said.textContent = text;
    said.classList.toggle("trouble", Boolean(isProblem));
  }

  const isOn = () => root.querySelector("input[name=correct]").checked;

  function apply(name) {
    if (!isOn()) return;
    try {
      const [correction, text] = make[name]();
      corrections.add(correction, text);
      state.clearMarks();
      say(`Added: ${text}. z takes it back.`);
    } catch (problem) {
      say(problem.message, true);
    }
  }

  function undo() {
    if (!isOn()) return;
    const last = corrections.all().at(-1);
    if (last) corrections.undo();
    say(last ? `Taken back: ${last.text}.` : "There is nothing to take back.");
  }

  function nextScope() {
    scope.selectedIndex = (scope.selectedIndex + 1) % scope.options.length;
    say(`Merge and delete: ${scope.selectedOptions[0].textContent}.`);
  }

  const keys = { m: "merge", d: "delete", l: "link", u: "unlink", w: "swap", v: "set_division", r: "remove_division" };
  for (const [key, name] of Object.entries(keys)) {
    controls.keys[key] = () => apply(name);
    root.querySelector(`button[name=${name}]`).addEventListener("click", () => apply(name));
  }
  Object.assign(controls.keys, { z: undo, f: nextScope, x: () => { if (state.chosen) state.mark(state.chosen); } });
  return { isOn, say, undo, inFrames };
})();
