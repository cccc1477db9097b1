// The calculator's data as breakeven.decide.calculator packed it into the page: rows from their
// columns (breakeven.decide.columns), and resamples.
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

  // Resample after resample, of bytes that are option after option, all lower ones before all upper.
  async function drawsOf(packed, width) {
    if (packed === null) return null;
    const bytes = new Uint8Array(await breakevenUnpacked(packed).arrayBuffer());
    const size = bytes.length / 2;
    const count = size / width;
    return Uint16Array.from({ length: size }, (_, place) => {
      const at = (place % width) * count + Math.floor(place / width);
      return bytes[at] | (bytes[size + at] << 8);
    });
  }

  // The data of the page with its options, as measured and on every device, as rows, and with the
  // resampled accuracies of each family in steps.
  globalThis.breakevenDecideData = async (text) => {
    const page = JSON.parse(text);
    const data = await breakevenUnpacked(page.data).json();
    const families = await Promise.all(Object.entries(data.families).map(async ([name, family]) => {
      const options = rowsOf(family.options);
      return [name, { ...family, options, draws: await drawsOf(page.draws[name], options.length) }];
    }));
    return { ...data, families: Object.fromEntries(families), served: each(data.served, (places) => places.map(rowsOf)) };
  };
})();
