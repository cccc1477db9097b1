// The interactive frontier of the report page: shows what is chosen, draws it with Vega, and keeps
// the choice in the address. Every number comes from the page's data; none is computed here but
// the places of ticks.
"use strict";
(() => {
  const source = document.getElementById("frontier-data");
  if (source === null) return;
  const data = JSON.parse(source.textContent);
  const figure = document.getElementById("figure-frontier");
  const byId = (name) => document.getElementById(`frontier-${name}`);
  const SELECTS = ["axis", "place", "decoding"];
  const BOXES = ["student", "arm"];
  const PANEL_HEIGHT = 300;
  // What leads to the answers behind a point; a page may hold none.
  const answers = globalThis.breakevenAnswers;
  const boxesOf = (name) => [...figure.querySelectorAll(`input[name="frontier-${name}"]`)];

  // ---- ticks; every other number comes in words ----
  const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

  // From a thousandth to ten thousand in figures, else 10⁵ and 2×10⁵.
  function tick(value) {
    if (value > 9e-4 && value < 1e5) return value.toLocaleString("en");
    const [mantissa, power] = value.toExponential().split("e");
    const ten = `10${[...power.replace("+", "")].map((sign) => SUPERSCRIPTS[sign]).join("")}`;
    return mantissa === "1" ? ten : `${mantissa}×${ten}`;
  }

  // Whole powers of ten, and steps between them where there are few.
  function ticksOf([low, high]) {
    const ratio = high / low;
    const steps = ratio < 8 ? [1, 1.5, 2, 3, 5, 7] : ratio < 60 ? [1, 2, 5] : [1];
    const found = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
      // Through its text, for 10 ** -7 is a bit off in its last figures.
      found.push(...steps.map((step) => Number(`${step}e${power}`)).filter((value) => value >= low && value <= high));
    }
    const every = Math.ceil(found.length / 9);
    return found.filter((_, place) => place % every === 0);
  }

  // A log axis that holds the data and little more; the same whatever is filtered.
  function domainOf(costs) {
    const [low, high] = [Math.min(...costs), Math.max(...costs)];
    const margin = Math.max((high / low) ** 0.06, 1.25);
    return [low / margin, high * margin];
  }

  // ---- one panel, in Vega ----
  vega.expressionFunction("tickWords", tick);
  vega.expressionFunction("tickPercent", (share) => `${Math.round(100 * share)}%`);
  const INK = "var(--ink)";
  const MUTED = "var(--muted)";
  const onAxes = (x, y) => ({ x: { scale: "x", field: x }, y: { scale: "y", field: y } });
  const SPEC = {
    $schema: "https://vega.github.io/schema/vega/v6.json",
    padding: 4,
    autosize: { type: "fit", contains: "padding" },
    signals: [
      { name: "domain", value: [1, 10] },
      { name: "ticks", value: [] },
      { name: "costs", value: "" },
      { name: "chance", value: 0 },
      { name: "focus", value: -1 },
    ],
    data: [{ name: "points" }, { name: "frontier" }, { name: "hull" }],
    scales: [
      { name: "x", type: "log", domain: { signal: "domain" }, range: "width", nice: false },
      { name: "y", type: "linear", domain: [0, 1.04], range: "height", nice: false, zero: true },
    ],
    axes: [
      {
        orient: "bottom", scale: "x", values: { signal: "ticks" }, title: { signal: "costs" }, labelOverlap: true,
        encode: { labels: { update: { text: { signal: "tickWords(datum.value)" } } } },
      },
      {
        orient: "left", scale: "y", values: [0, 0.25, 0.5, 0.75, 1], title: "accuracy",
        encode: { labels: { update: { text: { signal: "tickPercent(datum.value)" } } } },
      },
    ],
    marks: [
      {
        type: "rule", aria: false,
        encode: { update: {
          x: { value: 0 }, x2: { signal: "width" }, y: { scale: "y", signal: "chance" },
          stroke: { value: MUTED }, strokeDash: { value: [1, 3] }, opacity: { signal: "chance > 0 ? 1 : 0" },
        } },
      },
      {
        type: "text", aria: false,
        encode: { update: {
          x: { signal: "width" }, y: { scale: "y", signal: "chance" }, dx: { value: 4 }, baseline: { value: "middle" },
          fill: { value: MUTED }, fontSize: { value: 11 }, text: { signal: "chance > 0 ? 'chance' : ''" },
        } },
      },
      {
        type: "line", aria: false, from: { data: "hull" },
        encode: { update: { ...onAxes("cost", "accuracy"), stroke: { value: INK }, strokeWidth: { value: 1.2 }, strokeDash: { value: [1, 3] } } },
      },
      {
        type: "line", name: "steps", aria: false, from: { data: "frontier" },
        encode: { update: { ...onAxes("cost", "accuracy"), interpolate: { value: "step-after" }, stroke: { value: INK }, strokeWidth: { value: 1.5 }, strokeOpacity: { value: 0.75 } } },
      },
      {
        type: "rule", aria: false, from: { data: "points" },
        encode: { update: {
          x: { scale: "x", field: "cost" }, y: { scale: "y", field: "low" }, y2: { scale: "y", field: "high" },
          stroke: { field: "colour" }, strokeWidth: { value: 1.5 },
        } },
      },
      {
        type: "symbol", name: "dots", from: { data: "points" }, description: "students and arms",
        encode: { update: {
          ...onAxes("cost", "accuracy"), key: { field: "id" },
          shape: { field: "shape" }, fill: { field: "colour" },
          size: { signal: "datum.id === focus ? 230 : 105" },
          stroke: { signal: "datum.onFrontier || datum.id === focus ? 'var(--ink)' : datum.colour" },
          strokeWidth: { signal: "datum.id === focus ? 2.5 : datum.onFrontier ? 1.3 : 0.4" },
          tooltip: { signal: "datum" }, description: { field: "spoken" }, cursor: { value: "pointer" },
        } },
      },
      {
        // Students on the frontier by name; a name that has no room is left out.
        type: "text", aria: false, from: { data: "dots" }, interactive: false,
        encode: { update: { text: { signal: "datum.datum.onFrontier ? datum.datum.label : ''" }, fill: { value: INK }, fontSize: { value: 11 } } },
        transform: [{
          type: "label", size: { signal: "[width, height]" }, avoidMarks: ["dots", "steps"], avoidBaseMark: false,
          anchor: ["top-left", "bottom-right", "left", "right", "top", "bottom"], offset: [4],
        }],
      },
    ],
    config: {
      axis: {
        domainColor: MUTED, tickColor: MUTED, gridColor: "var(--grid)", grid: true, labelColor: INK, titleColor: INK,
        titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 12, titlePadding: 6, aria: false,
      },
    },
  };

  const panels = data.panels.map((panel, number) => makePanel(panel, number));

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  function makePanel({ title, chance }, number) {
    const tip = make("div", { class: "tip", hidden: "" });
    const place = make("div", { class: "plot" });
    const none = make("p", { class: "quiet", hidden: "" });
    const box = make("div", { class: "panel", tabindex: "0", role: "group" }, place, tip);
    const outer = make("div", {}, make("h4", {}, title), box, none);
    byId("panels").append(outer);
    const panel = { number, title, chance, tip, place, none, box, outer, view: null, rows: [], focus: -1, touched: -1 };
    box.addEventListener("keydown", (event) => step(panel, event));
    box.addEventListener("blur", () => point(panel, -1));
    return panel;
  }

  // Vega measures text with a font's name, and cannot read variables.
  const font = getComputedStyle(document.body).fontFamily;

  function viewOf(panel) {
    if (panel.view === null) {
      const spec = { ...SPEC, config: { ...SPEC.config, text: { font }, axis: { ...SPEC.config.axis, labelFont: font, titleFont: font } } };
      panel.view = new vega.View(vega.parse(spec, null, { ast: true }), {
        // The page's policy lets nobody make code of text.
        expr: vega.expressionInterpreter,
        renderer: "svg",
        container: panel.place,
        tooltip: (_, event, item, value) => (value ? tell(panel, value) : hide(panel)),
      }).height(PANEL_HEIGHT);
      panel.view.addEventListener("click", (event, item) => {
        if (item?.mark.name === "dots") touch(panel, event, item.datum);
      });
      new ResizeObserver(() => fit(panel)).observe(panel.place);
    }
    return panel.view;
  }

  function fit(panel) {
    const width = panel.place.clientWidth;
    if (panel.view !== null && width > 0 && width !== panel.view.width()) panel.view.width(width).runAsync();
  }

  // ---- what is chosen ----
  const chosen = () => ({
    axis: byId("axis").selectedIndex,
    place: byId("place").selectedIndex,
    decoding: byId("decoding").selectedIndex,
    student: new Set(boxesOf("student").flatMap((box, number) => (box.checked ? [number] : []))),
    arm: new Set(boxesOf("arm").flatMap((box, number) => (box.checked ? [number] : []))),
  });

  function rowsOf(panel, { points, axes }, choice) {
    const { cost, told, share, frontier } = axes[choice.axis];
    const members = new Set(frontier);
    return points.flatMap(([student, arm, accuracy, low, high, words, items, seeds], id) => {
      if (cost[id] === null || !choice.student.has(student) || !choice.arm.has(arm)) return [];
      const row = {
        id, accuracy, cost: cost[id], low: low ?? accuracy, high: high ?? accuracy,
        label: data.students[student].name.slice(0, 16),
        colour: data.arms[arm].colour, shape: data.arms[arm].shape, onFrontier: members.has(id),
      };
      row.lines = linesOf(data.students[student], data.arms[arm], choice, { words, items, seeds, told: told[id], share: share[id], on: members.has(id) });
      row.answers = answers?.of(data.students[student].name, data.arms[arm].name, panel.title, data.decodings[choice.decoding]) ?? null;
      if (row.answers) row.lines.push("its answers: click, or Enter");
      row.spoken = row.lines.join("; ");
      return [row];
    });
  }

  function linesOf(student, arm, choice, one) {
    const lines = [`${student.name} ${arm.name}`];
    lines.push([student.size, arm.words].filter(Boolean).join(", "));
    lines.push(`accuracy ${one.words}`);
    lines.push(`${data.axes[choice.axis].name}: ${one.told}`);
    if (one.items) lines.push(`${one.items.toLocaleString("en")} questions${one.seeds > 1 ? `, ${one.seeds} trainings` : ""}`);
    const draws = one.share === null ? "" : `; it is in ${Math.round(100 * one.share)}% of the bootstrap draws`;
    lines.push(`${one.on ? "on" : "not on"} the frontier${draws}`);
    return lines;
  }

  const at = (drawn, axis, id) => ({ cost: drawn.axes[axis].cost[id], accuracy: drawn.points[id][2] });

  // Chords of the hull are straight where costs are linear, and bent on this axis.
  function chords(corners) {
    return corners.slice(1).flatMap((dear, place) => {
      const cheap = corners[place];
      return Array.from({ length: 25 }, (_, number) => {
        const cost = cheap.cost * (dear.cost / cheap.cost) ** (number / 24);
        const part = (cost - cheap.cost) / (dear.cost - cheap.cost);
        return { cost, accuracy: cheap.accuracy + part * (dear.accuracy - cheap.accuracy) };
      });
    });
  }

  function show() {
    const choice = chosen();
    const shown = new Set(data.places[choice.place].panels);
    const axis = data.axes[choice.axis];
    for (const panel of panels) {
      panel.outer.hidden = !shown.has(panel.number);
      hide(panel);
      if (!panel.outer.hidden) draw(panel, data.drawn[choice.decoding][panel.number], choice, axis);
    }
    byId("takeaway").textContent = choice.decoding === 0 ? axis.takeaway : "";
    return choice;
  }

  function draw(panel, drawn, choice, axis) {
    const priced = drawn.axes[choice.axis];
    const costs = priced.cost.filter((cost) => cost !== null);
    panel.rows = rowsOf(panel, drawn, choice).sort((one, other) => one.cost - other.cost);
    const missing = costs.length === 0 ? `No student and arm has ${axis.name} here.` : panel.rows.length === 0 ? "No student and arm is chosen that has a point here." : "";
    panel.none.textContent = missing;
    panel.none.hidden = missing === "";
    panel.box.hidden = missing !== "";
    if (missing) return;
    panel.box.setAttribute("aria-label", `${panel.title}: accuracy against ${axis.name}, ${panel.rows.length} points; arrow keys go from one to the next${panel.rows.some((row) => row.answers) ? ", Enter to its answers" : ""}`);
    const domain = domainOf(costs);
    const view = viewOf(panel);
    view.signal("domain", domain).signal("ticks", ticksOf(domain)).signal("chance", panel.chance ?? 0)
      .signal("costs", `${axis.name}${axis.unit && `, ${axis.unit}`} (log)`).signal("focus", -1)
      .data("points", panel.rows)
      .data("frontier", priced.frontier.map((id) => at(drawn, choice.axis, id)))
      .data("hull", chords(priced.hull.map((id) => at(drawn, choice.axis, id))));
    // Chance is named beside the axes, as weak students lie on its line.
    view.padding({ top: 4, left: 4, bottom: 4, right: panel.chance ? 44 : 4 });
    const width = panel.place.clientWidth;
    if (width > 0) view.width(width);
    view.runAsync();
  }

  // ---- a point told, by mouse or by key ----
  function tell(panel, row) {
    const [x, y] = ["x", "y"].map((name) => panel.view.scale(name)(name === "x" ? row.cost : row.accuracy));
    const origin = panel.view.origin();
    panel.tip.replaceChildren(...row.lines.map((line) => make("div", {}, line)));
    panel.tip.hidden = false;
    // On the side of the point that has more room, and never out of the panel.
    const left = x + origin[0] > panel.place.clientWidth / 2;
    panel.tip.style.left = left ? "auto" : `${x + origin[0] + 12}px`;
    panel.tip.style.right = left ? `${panel.place.clientWidth - x - origin[0] + 12}px` : "auto";
    panel.tip.style.top = `${Math.max(0, y + origin[1] - 20)}px`;
  }

  function hide(panel) {
    panel.tip.hidden = true;
  }

  // The point number `place` from the cheapest, none below zero.
  function point(panel, place) {
    panel.focus = place;
    const row = panel.rows[place];
    if (panel.view !== null) panel.view.signal("focus", row ? row.id : -1).runAsync();
    if (row) tell(panel, row);
    else hide(panel);
    byId("said").textContent = row ? row.spoken : "";
  }

  // A finger cannot hover: its first touch tells the point, the second leads to the answers.
  function touch(panel, event, row) {
    const told = event.pointerType !== "touch" || panel.touched === row.id;
    panel.touched = row.id;
    if (told && row.answers) answers.go(row.answers);
  }

  function step(panel, event) {
    const row = panel.rows[panel.focus];
    if (event.key === "Enter" && row?.answers) answers.go(row.answers);
    const last = panel.rows.length - 1;
    const to = {
      ArrowRight: Math.min(last, panel.focus + 1), ArrowLeft: panel.focus < 0 ? last : Math.max(0, panel.focus - 1),
      Home: 0, End: last, Escape: -1,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    point(panel, to);
  }

  // ---- the choice in the address ----
  function write() {
    const state = breakevenAddress.read();
    for (const name of SELECTS) {
      const select = byId(name);
      if (select.selectedIndex === 0) state.delete(name);
      else state.set(name, select.value);
    }
    for (const name of BOXES) {
      const boxes = boxesOf(name);
      state.delete(name);
      if (boxes.every((box) => box.checked)) continue;
      const on = boxes.filter((box) => box.checked);
      // No name at all says that none is shown.
      for (const value of on.length ? on.map((box) => box.value) : [""]) state.append(name, value);
    }
    breakevenAddress.write(state);
  }

  function restore(state) {
    for (const name of SELECTS) {
      const select = byId(name);
      const place = [...select.options].findIndex((option) => option.value === state.get(name));
      select.selectedIndex = Math.max(0, place);
    }
    for (const name of BOXES) {
      const on = state.has(name) ? new Set(state.getAll(name)) : null;
      for (const box of boxesOf(name)) box.checked = on === null || on.has(box.value);
    }
    show();
    if ([...SELECTS, ...BOXES].some((name) => state.has(name))) figure.scrollIntoView();
  }

  figure.hidden = false;
  // Drawn above in the choice of the reader: what is the same without scripts is folded.
  document.getElementById("frontier-static").open = false;
  figure.addEventListener("change", () => { show(); write(); });
  for (const button of figure.querySelectorAll("button[data-boxes]")) {
    button.addEventListener("click", () => {
      for (const box of boxesOf(button.dataset.boxes)) box.checked = button.dataset.on === "all";
      show();
      write();
    });
  }
  breakevenAddress.follow(restore);
})();
