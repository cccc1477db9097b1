// Every number of a table that is of a student leads to the answers that it counts: a link to the
// sample browser with that student, arm and task, whose title is the command that prints them. A
// point of the frontier leads there the same way (frontier.js).
"use strict";
(() => {
  const source = document.getElementById("samples-data");
  if (source === null) return;
  const data = JSON.parse(source.textContent);
  const optionsOf = (name) => [...document.getElementById(`samples-${name}`).options].map((one) => one.value);
  const [decodings, seeds, firstPlace] = [optionsOf("decoding"), optionsOf("seed"), optionsOf("place")[0]];

  // What a number is of stands in its row and its header, as tables name it.
  const bare = (text) => text.trim().replace(/ \(control\)$/, "");
  const studentOf = (text) => (Object.hasOwn(data.armsOf, text) ? text : undefined);
  const placeOf = (text) => [text, text.split(" · ")[0]].find((name) => Object.hasOwn(data.places, name));
  const armNames = new Set(Object.values(data.armsOf).flat());
  const KINDS = {
    student: "student", arm: "arm", arms: "arm", family: "place", task: "place", asked: "place", decoding: "decoding", seed: "seed",
  };
  const READ = {
    student: (text) => [studentOf(text)],
    arm: (text) => text.split(" − ").map(bare).filter((name) => armNames.has(name)),
    place: (text) => [placeOf(text)],
    decoding: (text) => [decodings.find((name) => name === text)],
    seed: (text) => [seeds.find((name) => name === text)],
  };

  // What the address says of the answers of a student; `asked` are the decoding and the seed.
  function stateOf(student, arms, where, asked) {
    const beside = data.armsOf[student].filter((name) => arms.includes(name) || data.firstArms.includes(name));
    return new URLSearchParams([
      ["answers", where], ["answers-student", student], ...beside.map((name) => ["answers-arm", name]),
      ...(arms.length === 1 ? [["answers-of", arms[0]]] : []), ...asked.map(([name, value]) => [`answers-${name}`, value]),
    ]);
  }

  // Beside what else the address tells, and as a step that one can go back from.
  function go(answers) {
    const state = breakevenAddress.read();
    for (const name of new Set(state.keys())) if (/^answers\b/.test(name)) state.delete(name);
    for (const [name, value] of answers) state.append(name, value);
    breakevenAddress.go(state);
  }

  globalThis.breakevenAnswers = {
    // The state of a student, arm, place and decoding as they are named; null where none are kept.
    of(student, arm, place, decoding) {
      const where = placeOf(place);
      const kept = where !== undefined && data.armsOf[student]?.includes(arm) && decodings.includes(decoding);
      return kept ? stateOf(student, [arm], where, [["decoding", decoding]]) : null;
    },
    go,
  };

  function link(cell, { student: [student], arm, place: [place], decoding, seed }) {
    const arms = arm.filter((name) => data.armsOf[student].includes(name));
    const asked = [["decoding", decoding[0]], ["seed", seed[0]]].filter(([, value]) => value !== undefined);
    const where = place ?? firstPlace;
    const state = stateOf(student, arms, where, asked);
    const options = [["student", student], ...arms.map((name) => ["arm", name]), ...asked].map(([name, value]) => `--${name} ${value}`);
    const anchor = Object.assign(document.createElement("a"), { href: `#view?${state}`, title: `breakeven show ${where} ${options.join(" ")}` });
    anchor.append(...cell.childNodes);
    cell.append(anchor);
  }

  // One number a table is a stop of the Tab key, and arrows go from there to its others: a page has
  // thousands of them.
  const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

  function walk(table, event) {
    const from = event.target.closest("td a");
    if (from === null || !(event.key in STEPS) || event.ctrlKey || event.altKey || event.metaKey) return;
    const cell = from.closest("td");
    const rows = table.tBodies[0].rows;
    const [down, right] = STEPS[event.key];
    let [row, column] = [cell.parentElement.sectionRowIndex + down, cell.cellIndex + right];
    while (rows[row]?.cells[column] && !rows[row].cells[column].querySelector("a")) [row, column] = [row + down, column + right];
    const to = rows[row]?.cells[column]?.querySelector("a");
    if (!to) return;
    event.preventDefault();
    [from.tabIndex, to.tabIndex] = [-1, 0];
    to.focus();
  }

  for (const table of document.querySelectorAll("main table")) {
    const headers = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const kinds = headers.map((header) => KINDS[header]);
    const ofHeader = headers.map((header) => ({ student: studentOf(header), place: placeOf(header) }));
    for (const row of table.tBodies[0].rows) {
      const of = { student: [], arm: [], place: [], decoding: [], seed: [] };
      const texts = [...row.cells].map((cell) => cell.textContent.trim());
      // A column of that name may hold something else than a name.
      const names = texts.map((text, column) => (kinds[column] ? READ[kinds[column]](text).filter((one) => one !== undefined) : []));
      names.forEach((found, column) => { if (found.length) of[kinds[column]].push(...found); });
      [...row.cells].forEach((cell, column) => {
        if (names[column].length || texts[column] === "–" || (cell.className === "text" && !/^[<+−\d]/.test(texts[column]))) return;
        const { student, place } = ofHeader[column];
        const about = { ...of, student: student ? [student] : of.student, place: place ? [place] : of.place };
        if (about.student.length && (about.arm.length || about.place.length)) link(cell, about);
      });
    }
    [...table.querySelectorAll("td a")].forEach((anchor, place) => { anchor.tabIndex = place === 0 ? 0 : -1; });
    table.addEventListener("keydown", (event) => walk(table, event));
  }

  document.addEventListener("click", (event) => {
    const anchor = event.target.closest('td a[href^="#view?answers="]');
    if (anchor === null || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(new URLSearchParams(anchor.hash.slice("#view?".length)));
  });
})();
