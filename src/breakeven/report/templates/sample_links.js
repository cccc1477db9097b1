// Every cell of a table that names a student, an arm or a family leads to the answers that it rests
// on: a link to the sample browser with those students, arms and tasks, whose title is the command
// that prints them. A point of the frontier leads there the same way (frontier.js).
"use strict";
(() => {
  const source = document.getElementById("samples-data");
  if (source === null) return;
  const data = JSON.parse(source.textContent);
  const optionsOf = (name) => [...document.getElementById(`samples-${name}`).options].map((one) => one.value);
  const [decodings, seeds] = ["decoding", "seed"].map(optionsOf);

  // What a number is of stands in its row and its header, as tables name it; where no row says it,
  // the table does (`about` in table.py).
  const bare = (text) => text.trim().replace(/ \(control\)$/, "");
  const students = Object.keys(data.armsOf);
  const armNames = new Set(Object.values(data.armsOf).flat());
  const of = (names, text) => names.filter((name) => name === text);
  const placesOf = (text) => [data.taskOf[text] ?? text].filter((name) => Object.hasOwn(data.places, name));
  // A family may have its corpus behind it, or which of its tasks.
  const placeOf = (text) => [text, text.split(" ")[0]].flatMap(placesOf)[0];
  const armsOf = (text) => text.split(" − ").map(bare).filter((name) => armNames.has(name));
  const READ = {
    student: (text) => ({ student: of(students, text) }),
    arm: (text) => ({ arm: armsOf(text) }),
    style: (text) => ({ arm: [...armNames].filter((name) => data.styles[name] === text) }),
    // A student and its arm in one cell.
    pair: (text) => {
      const student = students.filter((name) => text.startsWith(`${name} `));
      return { student, arm: student.flatMap((name) => armsOf(text.slice(name.length))) };
    },
    place: (text) => ({ place: [placeOf(text)].filter((one) => one !== undefined) }),
    // Behind it may stand how many samples vote.
    decoding: (text) => ({ decoding: decodings.filter((name) => text === name || text.startsWith(`${name} (`)) }),
    seed: (text) => ({ seed: of(seeds, text) }),
  };
  const KINDS = {
    student: "student", arm: "arm", arms: "arm", without: "style", thinks: "pair", "does not": "pair",
    family: "place", task: "place", asked: "place", decoding: "decoding", seed: "seed",
  };

  // What the address says of the answers of students; `asked` are the decoding and the seed. One arm
  // stands beside those that are shown at first, several stand by themselves.
  function stateOf(of, arms, where, asked) {
    const shown = [...new Set(of.flatMap((student) => data.armsOf[student]))].filter((name) => arms.includes(name) || (arms.length < 2 && data.firstArms.includes(name)));
    return new URLSearchParams([
      ["answers", where], ...of.map((name) => ["answers-student", name]), ...shown.map((name) => ["answers-arm", name]),
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
      return kept ? stateOf([student], [arm], where, [["decoding", decoding]]) : null;
    },
    go,
  };

  // The students that answered in one of the arms, where none is named.
  const answered = (named, arms) => (named.length ? named : students).filter((name) => arms.length === 0 || data.armsOf[name].some((arm) => arms.includes(arm)));

  function link(cell, about) {
    const arms = [...new Set(about.arm)];
    const of = answered([...new Set(about.student)], arms);
    if (of.length === 0) return;
    const asked = ["decoding", "seed"].filter((name) => about[name].length).map((name) => [name, about[name][0]]);
    const where = about.place[0] ?? data.everyTask;
    const command = (student) => [
      `breakeven show ${where}`, ...[["student", student], ...arms.filter((name) => data.armsOf[student].includes(name)).map((name) => ["arm", name]), ...asked].map(([name, value]) => `--${name} ${value}`),
    ].join(" ");
    const anchor = Object.assign(document.createElement("a"), { href: `#view?${stateOf(of, arms, where, asked)}`, title: of.map(command).join("\n") });
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
    const about = JSON.parse(table.dataset.about ?? "{}");
    const headers = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
    const kinds = headers.map((header) => KINDS[header]);
    const ofHeader = headers.map((header) => ({ student: of(students, header), place: header in KINDS ? [] : placesOf(header), ...about[header] }));
    for (const row of table.tBodies[0].rows) {
      const texts = [...row.cells].map((cell) => cell.textContent.trim());
      if (texts.includes(table.dataset.elsewhere)) continue;
      // A column of that name may hold something else than a name.
      const names = texts.map((text, column) => (kinds[column] ? READ[kinds[column]](text) : {}));
      const found = { student: [], arm: [], place: [], decoding: [], seed: [] };
      for (const one of names) for (const [kind, values] of Object.entries(one)) found[kind].push(...values);
      const named = (...parts) => Object.fromEntries(Object.keys(found).map((kind) => [kind, parts.map((part) => part[kind] ?? []).find((values) => values.length) ?? []]));
      [...row.cells].forEach((cell, column) => {
        if (["", "–"].includes(texts[column]) || Object.values(names[column]).flat().length) return;
        const all = named(ofHeader[column], found, about[""] ?? {});
        if (all.student.length || all.arm.length || all.place.length) link(cell, all);
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
