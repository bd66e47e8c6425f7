"use strict";
// What is shown and chosen. Others listen: state.on("frame" | "choice" | "hover" | "play", function).
const state = (() => {
  const listeners = { frame: [], choice: [], hover: [], play: [] };
  const tell = (what) => listeners[what].forEach((listener) => listener());
  const PLAY_MS = 125;
  let timer = 0;

  const own = {
    index: 0,        // of the frame that is shown
    chosen: 0,       // track id; 0 without
    hovered: 0,
    marked: [],      // cells { index, id } picked besides the chosen one, for corrections that need several
    on: (what, listener) => listeners[what].push(listener),

    show(index) {
      own.index = Math.min(Math.max(index, 0), movie.last);
      if (movie.last) movie.pictures((own.index + 1) % (movie.last + 1));
      tell("frame");
    },
    goTo: (frame) => own.show(movie.nearestIndex(frame)),
    choose(id) {
      own.chosen = id;
      if (!id) own.marked = [];
      tell("choice");
    },
    mark(id) {
      const before = own.marked.length;
      own.marked = own.marked.filter((one) => one.id !== id || one.index !== own.index);
      if (own.marked.length === before) own.marked.push({ index: own.index, id });
      tell("choice");
    },
    clearMarks() {
      own.marked = [];
      tell("choice");
    },
    hover(id) {
      if (id === own.hovered) return;
      own.hovered = id;
      tell("hover");
    },
    isPlaying: () => Boolean(timer),
    play(wanted) {
      clearInterval(timer);
      timer = wanted && movie.last ? setInterval(() => own.show((own.index + 1) % (movie.last + 1)), PLAY_MS) : 0;
      tell("play");
    },
    // Leads to a cell: the frame, and the track in it.
    lead(frame, id) {
      own.play(false);
      own.goTo(frame);
      if (id) own.choose(id);
    },
  };
  return own;
})();
