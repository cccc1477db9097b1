// What a reader chose on the page, as the fragment of its address: #view?axis=…&arm=…, so that a
// link shows the same. A fragment of another form is a place on the page, and says nothing here.
"use strict";
globalThis.breakevenAddress = (() => {
  const MARK = "#view?";
  const isView = () => location.hash.startsWith(MARK);
  const read = () => new URLSearchParams(isView() ? location.hash.slice(MARK.length) : "");
  return {
    read,
    write(state) {
      const text = state.toString();
      // Replaced, so that the way back leads to the page before and not through every choice.
      if (text || isView()) history.replaceState(null, "", text ? MARK + text : "#view?");
    },
    // As if somebody followed a link there, the way back leads to where one was.
    go(state) {
      const to = `${MARK}${state}`;
      if (to === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
      else location.hash = to;
    },
    // Calls back with the state now, and again where somebody follows a link to another one.
    follow(restore) {
      restore(read());
      addEventListener("hashchange", () => { if (isView()) restore(read()); });
    },
  };
})();
