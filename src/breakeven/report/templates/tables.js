// Tables of the report page that are shown whole can be sorted by a click on a header: up, down,
// and back to the order that they were written in. The order stands in the address.
"use strict";
(() => {
  const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const LETTERS = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };
  const tables = [...document.querySelectorAll("table[data-name]")];
  const collator = new Intl.Collator("en", { numeric: true });
  const students = JSON.parse(document.querySelector("main").dataset.students);

  // What a cell counts as: its first number as words.py writes numbers, null where it has none.
  function numberOf(text) {
    const found = /^[<>+−-]?([\d,]*\.?\d+)(?:×10(⁻?)([⁰¹²³⁴⁵⁶⁷⁸⁹]+)|([KMBT])(?![\w-]))?/.exec(text);
    if (found === null) return null;
    const [, digits, minus, power, letter] = found;
    const exponent = power ? [...power].map((sign) => SUPERSCRIPTS.indexOf(sign)).join("") : "0";
    const size = Number(digits.replaceAll(",", "")) * Number(`1e${minus ? "-" : ""}${exponent}`) * (LETTERS[letter] ?? 1);
    return /^[−-]/.test(text) ? -size : size;
  }

  // Below 126K is less than 126K.
  const BOUNDS = { "<": -1, ">": 1 };
  // Of a column of numbers: those first, then what is told in words in place of one.
  function byNumber(one, other) {
    if (one.number === null || other.number === null) {
      return (one.number === null) - (other.number === null) || collator.compare(one.text, other.text);
    }
    return one.number - other.number || (BOUNDS[one.text[0]] ?? 0) - (BOUNDS[other.text[0]] ?? 0);
  }

  // Students go by size and not by name, where t2m would be smaller than t30k.
  const byWord = (one, other) => students.indexOf(one.text) - students.indexOf(other.text) || collator.compare(one.text, other.text);

  function sort(table, column, order) {
    const body = table.tBodies[0];
    const rows = table.written.map((row) => {
      const text = row.cells[column]?.textContent.trim() ?? "";
      return { row, text, number: numberOf(text) };
    });
    const cells = rows.filter((one) => one.text && one.text !== "–");
    const words = table.tHead.rows[0].cells[column]?.className === "text";
    const compare = (one, other) => (order === "descending" ? -1 : 1) * (words ? byWord(one, other) : byNumber(one, other));
    // What is absent stands last, whichever way the others go.
    const absent = rows.filter((one) => !cells.includes(one));
    const sorted = order ? [...cells.sort(compare), ...absent] : rows;
    body.append(...sorted.map((one) => one.row));
    [...table.tHead.rows[0].cells].forEach((header, place) => {
      if (order && place === column) header.setAttribute("aria-sort", order);
      else header.removeAttribute("aria-sort");
    });
  }

  function click(table, column) {
    const before = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
    const order = { null: "ascending", ascending: "descending", descending: "" }[before];
    sort(table, column, order);
    const state = breakevenAddress.read();
    const others = state.getAll("sort").filter((one) => !one.startsWith(`${table.dataset.name}:`));
    state.delete("sort");
    for (const one of others) state.append("sort", one);
    if (order) state.append("sort", `${table.dataset.name}:${column}:${order}`);
    breakevenAddress.write(state);
  }

  function restore(state) {
    const asked = new Map(state.getAll("sort").map((one) => [one.split(":")[0], one.split(":").slice(1)]));
    for (const table of tables) {
      const [column, order] = asked.get(table.dataset.name) ?? [0, ""];
      if (order !== "" && order !== "ascending" && order !== "descending") continue;
      sort(table, Number(column), order);
      // Who was sent a link sees what was sorted.
      if (order) table.closest("details").open = true;
    }
  }

  for (const table of tables) {
    table.written = [...table.tBodies[0].rows];
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => click(table, column));
    });
  }
  breakevenAddress.follow(restore);
})();
