// What a reader chose on the page, as the fragment of its address: #view?axis=…&arm=…, so that a
// link shows the same. No fragment is the first choice; one of another form is a place on the page,
// which takes the choice out of the address and not off the page.
"use strict";
globalThis.breakevenAddress = (() => {
  const MARK = "#view?";
  const isView = () => location.hash.startsWith(MARK);
  const tells = () => isView() || location.hash === "";
  let chosen = "";
  const read = () => {
    if (tells()) chosen = location.hash.slice(MARK.length);
    return new URLSearchParams(chosen);
  };
  return {
    read,
    write(state) {
      const text = state.toString();
      chosen = text;
      // Replaced, so that the way back leads to the page before and not through every choice.
      if (text || isView()) history.replaceState(null, "", text ? MARK + text : "#view?");
    },
    // As if somebody followed a link there, the way back leads to where one was.
    go(state) {
      const to = `${MARK}${state}`;
      if (to === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
      else location.hash = to;
    },
    // Calls back with the state now, and again where somebody follows a link to another one or goes back.
    follow(restore) {
      restore(read());
      addEventListener("hashchange", () => { if (tells()) restore(read()); });
    },
  };
})();
