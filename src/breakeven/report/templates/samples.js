// The sample browser of the report page: the same question as every student and arm that is chosen
// answered it. What is counted and filtered comes in one piece a task, texts in pieces of a cell,
// each a script beside the page, since a page that is opened from a folder can load nothing else.
"use strict";
(() => {
  const source = document.getElementById("samples-data");
  if (source === null) return;
  const data = JSON.parse(source.textContent);
  const browser = document.getElementById("samples");
  const byId = (name) => document.getElementById(`samples-${name}`);
  const SELECTS = ["place", "decoding", "seed", "of", "turned"];
  const BOXES = ["student", "arm", "outcome"];
  // How many questions are shown at once, and how many more at a click.
  const AT_ONCE = 10;
  const boxesOf = (name) => [...browser.querySelectorAll(`input[name="samples-${name}"]`)];
  const make = (tag, settings = {}, ...children) => {
    const made = Object.assign(document.createElement(tag), settings);
    made.append(...children);
    return made;
  };

  // ---- pieces ----
  const pieces = new Map();
  const arrivals = new Map();
  globalThis.breakevenPiece = (name, packed) => arrivals.get(name)?.(packed);

  function piece(name) {
    if (!pieces.has(name)) {
      const arrived = new Promise((resolve, reject) => {
        arrivals.set(name, resolve);
        const script = make("script", { src: `samples/${name}.js` });
        script.onload = () => script.remove();
        script.onerror = () => reject(new Error(name));
        document.head.append(script);
      });
      pieces.set(name, arrived.then((packed) => breakevenUnpacked(packed).json()));
    }
    return pieces.get(name);
  }

  // ---- what is chosen ----
  let most = AT_ONCE;

  function choice() {
    const checked = (name) => boxesOf(name).filter((box) => box.checked).map((box) => box.value);
    const selected = Object.fromEntries(SELECTS.map((name) => [name, byId(name).value]));
    return { ...selected, seed: Number(selected.seed), students: checked("student"), arms: checked("arm"), outcomes: new Set(checked("outcome")) };
  }

  // The cells of a task that are shown, student by student, arms in their order.
  function cellsOf(task, chosen) {
    const found = task.cells.filter((cell) => cell.seed === chosen.seed && cell.decoding === chosen.decoding);
    return chosen.students.flatMap((student) => chosen.arms.flatMap((arm) => found.filter((cell) => cell.student === student && cell.arm === arm)));
  }

  // ---- questions that match ----
  // An answer that has no score.
  const NONE = ".";
  // The arms on a side that are marked so on a question, "r" right and "w" wrong.
  const marked = (cells, at, side, mark) => cells.filter((cell) => data.sides[cell.arm] === side && cell.marks[at] === mark);
  const TURNS = { gained: ["w", "r"], lost: ["r", "w"] };

  function turned(cells, at, turn) {
    const [without, withTrace] = TURNS[turn];
    const before = marked(cells, at, "without", without);
    const after = before.length ? marked(cells, at, "with", withTrace) : [];
    return after.length ? [before, after] : null;
  }

  // One list of cells a student: a turn is within one.
  const byStudent = (cells, students) => students.map((name) => cells.filter((cell) => cell.student === name)).filter((own) => own.length);

  // All questions of the tasks with what is told of them, and those of them that match.
  function look(tasks, chosen) {
    const counts = new Array(data.outcomes.length).fill(0);
    const wanted = data.outcomes.map(([name]) => chosen.outcomes.has(name));
    const all = { questions: 0, gained: 0, lost: 0, counts, found: [] };
    for (const task of tasks) {
      const cells = cellsOf(task, chosen);
      if (cells.length === 0) continue;
      const students = byStudent(cells, chosen.students);
      const asked = chosen.of === "" ? cells : cells.filter((cell) => cell.arm === chosen.of);
      for (let at = 0; at < task.items.length; at++) {
        const came = counts.map(() => false);
        for (const { outcomes, samples } of asked) {
          for (let one = at * samples; one < (at + 1) * samples; one++) if (outcomes[one] !== NONE) came[outcomes[one]] = true;
        }
        came.forEach((yes, outcome) => { counts[outcome] += yes; });
        const gained = students.some((own) => turned(own, at, "gained"));
        const lost = students.some((own) => turned(own, at, "lost"));
        all.questions++;
        all.gained += gained;
        all.lost += lost;
        const turns = { "": true, gained, lost }[chosen.turned];
        if (turns && came.some((yes, outcome) => yes && wanted[outcome])) all.found.push({ task, at, cells, students, gained, lost });
      }
    }
    // Stable: otherwise in the order of the tasks and their questions.
    const first = chosen.turned === "lost" ? "lost" : "gained";
    all.found.sort((one, other) => other[first] - one[first]);
    return all;
  }

  // How the page calls a choice that lets only some questions through.
  const FILTERS = { turned: 'label[for="samples-turned"]', outcomes: 'fieldset:has(input[name="samples-outcome"]) legend', of: 'label[for="samples-of"]' };
  const NO_FILTER = { turned: "", outcomes: new Set(data.outcomes.map(([name]) => name)), of: "" };

  // That none matches, and how many would without a filter: in the words of `breakeven show`
  // (browse/sample_text.py).
  function noneMatches(tasks, chosen, questions) {
    const given = Object.keys(FILTERS).filter((name) => (name === "outcomes" ? chosen.outcomes.size < data.outcomes.length : chosen[name] !== ""));
    const without = (names) => {
      const count = look(tasks, Object.assign({ ...chosen }, ...names.map((name) => ({ [name]: NO_FILTER[name] })))).found.length;
      const called = names.map((name) => `“${browser.querySelector(FILTERS[name]).textContent}”`).join(" and ");
      return count === 0 ? [] : [`without ${called} ${count.toLocaleString("en")} ${count === 1 ? "does" : "do"}`];
    };
    const alone = given.flatMap((name) => without([name]));
    const parts = alone.length ? alone : without(given);
    return `None of ${questions.toLocaleString("en")} questions matches${parts.length ? `; ${parts.join(", ")}` : ""}.`;
  }

  // ---- one question ----
  function turnWords(question) {
    const several = question.students.length > 1;
    return question.students.flatMap((own) => Object.entries(TURNS).flatMap(([turn, marks]) => {
      const found = turned(own, question.at, turn);
      if (found === null) return [];
      const [before, after] = found.map((cells) => cells.map((cell) => cell.arm).join(", "));
      const [without, withTrace] = marks.map((mark) => ({ r: "right", w: "wrong" })[mark]);
      return [`${several ? `${own[0].student}: ` : ""}${without} without a trace: ${before}; ${withTrace} with one: ${after}`];
    }));
  }

  async function answersOf(cell, task, at) {
    if (cell.block === null) return null;
    const number = Math.floor(at / cell.block);
    const part = cell.block < task.items.length ? `-${number}` : "";
    const name = ["answers", cell.student, cell.arm, cell.seed, cell.decoding, task.name].join("/");
    return (await piece(name + part))[at - number * cell.block];
  }

  function answer([trace, text, read, thinking, written], outcome, number) {
    const [name, words] = data.outcomes[outcome] ?? ["none", "not scored"];
    const box = make("div", { className: `sample outcome-${name}` });
    box.append(make("p", {}, make("b", {}, `${number}${words}`), ` ${read.toLocaleString("en")} tokens read, ${thinking.toLocaleString("en")} thinking, ${written.toLocaleString("en")} answer`));
    if (trace !== "") {
      box.append(make("details", {}, make("summary", {}, `Trace, ${thinking.toLocaleString("en")} tokens`), make("pre", {}, trace.trim())));
    }
    box.append(make("pre", {}, text.trim() || "(no answer)"));
    return box;
  }

  async function card(cell, { task, at }) {
    const box = make("div", { className: "answered" }, make("h4", {}, `${cell.student} ${cell.arm}`));
    let texts = null;
    try {
      texts = await answersOf(cell, task, at);
    } catch {
      box.append(make("p", { className: "quiet" }, "The file of these answers does not lie beside the page."));
      return box;
    }
    if (texts === null) box.append(make("p", { className: "quiet" }, "These texts were gone when the page was made."));
    else box.append(...texts.map((one, sample) => answer(one, cell.outcomes[at * cell.samples + sample], texts.length > 1 ? `${sample + 1}: ` : "")));
    return box;
  }

  async function article(question) {
    const { task, at, cells } = question;
    const cards = await Promise.all(cells.map((cell) => card(cell, question)));
    return make(
      "article", {},
      make("h3", {}, `${task.name} ${task.items[at]}`),
      ...turnWords(question).map((words) => make("p", { className: "turn" }, words)),
      make("pre", {}, task.prompts[at]),
      make("p", { className: "quiet" }, `Right answer: ${task.references[at]}`),
      make("div", { className: "side-by-side" }, ...cards),
    );
  }

  // ---- the whole ----
  function command(chosen) {
    const one = (student) => [
      "breakeven show", chosen.place, "--student", student, ...chosen.arms.filter((arm) => data.armsOf[student].includes(arm)).flatMap((arm) => ["--arm", arm]),
      ...(byId("seed").length > 1 ? ["--seed", chosen.seed] : []),
      ...(byId("decoding").length > 1 ? ["--decoding", chosen.decoding] : []),
      ...{ "": [], gained: ["--flips"], lost: ["--lost"] }[chosen.turned],
      ...(chosen.outcomes.size < data.outcomes.length ? [...chosen.outcomes].flatMap((name) => ["--outcome", name]) : []),
      ...(chosen.of && chosen.outcomes.size < data.outcomes.length ? ["--of", chosen.of] : []),
      "--most", most,
    ].join(" ");
    return chosen.students.map(one).join("\n");
  }

  let latest = 0;

  async function show() {
    const mine = ++latest;
    const chosen = choice();
    let tasks = [];
    try {
      tasks = await Promise.all(data.places[chosen.place].map(async (name) => ({ name, ...(await piece(`questions/${name}`)) })));
    } catch {
      byId("status").textContent = "The answers lie in the folder samples/ beside the page in report/; open it there.";
      return;
    }
    if (mine !== latest) return;
    const all = look(tasks, chosen);
    for (const [number, box] of boxesOf("outcome").entries()) {
      box.parentElement.querySelector("span").textContent = all.counts[number].toLocaleString("en");
    }
    const shown = all.found.slice(0, most);
    const matching = shown.length === 0
      ? noneMatches(tasks, chosen, all.questions)
      : `${shown.length} of ${all.found.length.toLocaleString("en")} that match, of ${all.questions.toLocaleString("en")} questions.`;
    byId("status").textContent = all.questions === 0
      ? "No student and arm is chosen that answered here."
      : `${matching} Between the arms shown a trace gained ${all.gained.toLocaleString("en")} (wrong without, right with one) and lost ${all.lost.toLocaleString("en")} (the other way).`;
    byId("command").textContent = command(chosen);
    byId("more").hidden = shown.length === all.found.length;
    const articles = await Promise.all(shown.map(article));
    if (mine !== latest) return;
    byId("questions").replaceChildren(...articles);
    browser.dataset.shown = mine;
  }

  // ---- the choice in the address ----
  const firstOf = { student: new Set([data.firstStudent]), arm: new Set(data.firstArms), outcome: null };
  const nameOf = (name) => (name === "place" ? "answers" : `answers-${name}`);

  function write() {
    const state = breakevenAddress.read();
    for (const name of SELECTS) {
      if (byId(name).selectedIndex === 0 && name !== "place") state.delete(nameOf(name));
      else state.set(nameOf(name), byId(name).value);
    }
    for (const name of BOXES) {
      const [boxes, first] = [boxesOf(name), firstOf[name]];
      state.delete(nameOf(name));
      if (boxes.every((box) => box.checked === (first === null || first.has(box.value)))) continue;
      const on = boxes.filter((box) => box.checked);
      for (const value of on.length ? on.map((box) => box.value) : [""]) state.append(nameOf(name), value);
    }
    breakevenAddress.write(state);
  }

  function restore(state) {
    for (const name of SELECTS) {
      const place = [...byId(name).options].findIndex((option) => option.value === state.get(nameOf(name)));
      byId(name).selectedIndex = Math.max(0, place);
    }
    for (const name of BOXES) {
      const on = state.has(nameOf(name)) ? new Set(state.getAll(nameOf(name))) : firstOf[name];
      for (const box of boxesOf(name)) box.checked = on === null || on.has(box.value);
    }
    most = AT_ONCE;
    if (!state.has("answers")) {
      // On the way back from a number to where it stood: what is shown is again what is chosen.
      if (latest > 0) show();
      return;
    }
    // Only a page with answers on it is long enough to be scrolled there.
    show().then(() => document.getElementById("examples").scrollIntoView());
  }

  browser.hidden = false;
  document.getElementById("examples-static")?.removeAttribute("open");
  browser.addEventListener("change", () => { most = AT_ONCE; show(); write(); });
  for (const button of browser.querySelectorAll("button[data-boxes]")) {
    button.addEventListener("click", () => {
      for (const box of boxesOf(button.dataset.boxes)) box.checked = button.dataset.on === "all";
      most = AT_ONCE;
      show();
      write();
    });
  }
  byId("more").addEventListener("click", () => { most += AT_ONCE; show(); });
  breakevenAddress.follow(restore);
  // Nothing is loaded before somebody comes near.
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    near.disconnect();
    if (latest === 0) show();
  }, { rootMargin: "600px" });
  near.observe(browser);
})();
