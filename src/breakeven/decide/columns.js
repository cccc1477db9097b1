// Rows of the calculator's data from the columns that breakeven.decide.columns wrote into the page.
"use strict";
(() => {
  function values(column, rows) {
    if (Array.isArray(column)) return column;
    if ("all" in column) return new Array(rows).fill(column.all);
    if ("of" in column) return column.at.map((number) => column.of[number]);
    const parts = column.columns.map((part) => values(part, rows));
    return Array.from({ length: rows }, (_, row) => {
      const cells = parts.map((part) => part[row]);
      return column.keys ? Object.fromEntries(column.keys.map((key, place) => [key, cells[place]])) : cells;
    });
  }

  const rowsOf = ({ rows, column }) => values(column, rows);
  const each = (table, change) => Object.fromEntries(Object.entries(table).map(([name, one]) => [name, change(one)]));

  // The data of the page with its options, as measured and on every device, as rows.
  globalThis.breakevenDecideData = (text) => {
    const data = JSON.parse(text);
    return {
      ...data,
      families: each(data.families, (family) => ({ ...family, options: rowsOf(family.options) })),
      served: each(data.served, (places) => places.map(rowsOf)),
    };
  };
})();
