// Which folds of the report page a reader opened or closed, in its address: those that stand
// otherwise than the page began, by the name of what is in them, behind a minus where it is closed.
// It runs when all else has begun, and a link to what is in a fold may have opened it by then.
"use strict";
(() => {
  const nameOf = (fold) => fold.id || fold.querySelector("[id]")?.id;
  // What has no name, the cases below a sentence, is not told.
  const folds = new Map([...document.querySelectorAll("main details")].filter(nameOf).map((fold) => [nameOf(fold), { fold, first: fold.open }]));
  let told = new Set();

  function write() {
    told = new Set([...folds].filter(([, { fold, first }]) => fold.open !== first).map(([name, { fold }]) => (fold.open ? name : `-${name}`)));
    const state = breakevenAddress.read();
    state.delete("fold");
    for (const name of told) state.append("fold", name);
    breakevenAddress.write(state);
  }

  // A fold that the address never told is let be: a link to what is in it opens it as well.
  function restore(state) {
    const asked = new Set(state.getAll("fold"));
    for (const [name, { fold, first }] of folds) {
      if (asked.has(name)) fold.open = true;
      else if (asked.has(`-${name}`)) fold.open = false;
      else if (told.has(name) || told.has(`-${name}`)) fold.open = first;
    }
    told = asked;
    const alone = [...state.keys()].every((key) => key === "fold");
    if (alone) folds.get([...asked][0]?.replace(/^-/, ""))?.fold.scrollIntoView();
  }

  // By a reader's hand, and not where a link opened it: that has an address of its own.
  document.querySelector("main").addEventListener("click", ({ target }) => {
    const fold = target.closest("summary")?.parentElement;
    if (fold && folds.has(nameOf(fold))) fold.addEventListener("toggle", write, { once: true });
  });
  breakevenAddress.follow(restore);
})();
