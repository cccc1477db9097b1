// The controls of the report page's calculator: reads what is asked, over the data packed into the
// page, and shows what decide_core.js decides. No network.
"use strict";
(() => {
  const { decide, optionsOf, lifetimeIn, knownPrice, withTeacherWhereKnown } = breakevenDecide;
  const { figure, answerLines, ladderLine, pairLines } = breakevenDecideWords;
  const { LEAST_QUERIES, MOST_QUERIES, chart } = breakevenDecideChart;

  const byId = (name) => document.getElementById(`decide-${name}`);
  const FIELDS = { queries: "queries", price: "price_per_device_hour", seconds: "max_seconds_per_answer",
    budget: "budget", value: "value_per_correct", batch: "batch", wait: "max_latency_seconds" };
  const FIELD_WORDS = { queries: "queries", price: "the price", seconds: "the time limit", budget: "the budget", value: "the value" };
  // What is asked of a device only.
  const OF_DEVICE = { batch: "For answers at once give a whole number of at least 1.", wait: "For the wait give seconds above 0." };
  const SLIDE_STEPS = 200;

  // A number as the command line reads it (core/written_numbers.py): 1e6, 1,000,000, 1M.
  const SCALES = { "": 0, k: 3, m: 6, b: 9, t: 12 };  // powers of ten
  const NUMBER = /^([+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s?([kmbt]?)$/i;
  function readNumber(text) {
    const found = NUMBER.exec(text);
    if (!found) return NaN;
    const [, sign, digits, exponent, scale] = found;
    const power = Number((exponent || "e0").slice(1)) + SCALES[scale.toLowerCase()];
    return Number(`${sign}${digits.replaceAll(",", "")}e${power}`);
  }

  const MOST = 1e100;  // breakeven.decide.options.MOST

  // The request that the controls ask for, or a problem with one of them.
  function readRequest(data) {
    const byToken = data.families[byId("family").value].options.some((option) => option.paid.answering);
    const request = { unit: byId("unit").value, with_teacher: byId("teacher").checked, with_tuning: byId("tuning").checked, with_judging: byId("judging").checked, device: byId("device").value || null };
    let problem = null;
    for (const [name, field] of Object.entries(FIELDS)) {
      const text = byId(name).value.trim();
      const unasked = name in OF_DEVICE && request.device === null;
      const value = text === "" || unasked ? null : readNumber(text);
      const least = name in OF_DEVICE ? value > 0 && (name !== "batch" || Number.isInteger(value)) : value >= 0;
      const wrong = value === null ? name === "queries" : !(value <= MOST && least);
      byId(name).setAttribute("aria-invalid", String(wrong));
      if (wrong) problem ||= OF_DEVICE[name] || `For ${FIELD_WORDS[name]} give a number of at least 0, such as 1,000, 1e6 or 1M.`;
      request[field] = value;
    }
    if (request.unit === "money" && !byToken && knownPrice(request.price_per_device_hour).value === null) {
      problem ||= "Give a price of a device-hour above zero, or count costs in another unit.";
    }
    if (request.unit !== "money" && request.value_per_correct !== null) {
      problem ||= "The value of a right answer is in money: count costs in money too.";
    }
    return { request, problem };
  }

  // The ends of a slider in log10, and whether its right end means that there is no limit.
  function slideRange(name, options, request) {
    if (name === "queries") return { low: LEAST_QUERIES, high: MOST_QUERIES, open: false };
    if (name === "price") return { low: -2, high: 3, open: false };
    const values = name === "seconds"
      ? options.map((option) => option.answer.device_seconds.value)
      : options.flatMap((option) => [1, 10 ** MOST_QUERIES].map((queries) =>
        lifetimeIn(option, request, request.unit, queries).value));
    const known = values.filter((value) => value !== null && value > 0);
    if (!known.length) return null;
    return { low: Math.log10(Math.min(...known)) - 0.1, high: Math.log10(Math.max(...known)) + 0.1, open: true };
  }

  function placeSlider(name, options, request) {
    const slider = byId(`${name}-slide`);
    const range = slideRange(name, options, request);
    slider.disabled = range === null;
    if (range === null) return;
    const value = request[FIELDS[name]];
    const share = value === null ? 1 : (Math.log10(value) - range.low) / (range.high - range.low);
    slider.min = 0;
    slider.max = SLIDE_STEPS;
    slider.step = 1;
    slider.value = Math.round(Math.min(1, Math.max(0, share)) * SLIDE_STEPS);
    slider.setAttribute("aria-valuetext", value === null ? (range.open ? "no limit" : "not given") : figure(value));
  }

  // A number as a person would type it.
  function typed(value, digits) {
    const rounded = Number(value.toPrecision(digits));
    return rounded >= 1e6 ? rounded.toExponential().replace("+", "") : String(rounded);
  }

  function slide(name, data) {
    const { request } = readRequest(data);
    const options = optionsOf(data, byId("family").value, request);
    const range = slideRange(name, options, withTeacherWhereKnown(options, request));
    const step = Number(byId(`${name}-slide`).value);
    if (range.open && step === SLIDE_STEPS) byId(name).value = "";
    else byId(name).value = typed(10 ** (range.low + step / SLIDE_STEPS * (range.high - range.low)), 3);
  }

  function list(name, title, lines) {
    if (byId(`${name}-title`)) byId(`${name}-title`).textContent = lines.length ? title : "";
    byId(name).replaceChildren(...lines.map((text) => {
      const item = document.createElement("li");
      item.textContent = text;
      return item;
    }));
  }

  function show(data) {
    const family = byId("family").value;
    const { request: asked, problem } = readRequest(data);
    const options = optionsOf(data, family, asked);
    const request = withTeacherWhereKnown(options, asked);
    byId("problem").textContent = problem || "";
    for (const name of ["queries", "price", "seconds", "budget"]) {
      if (byId(name).getAttribute("aria-invalid") !== "true") placeSlider(name, options, request);
    }
    if (problem) { byId("answer").replaceChildren(); byId("chart").replaceChildren(); list("ladder", "", []); list("pairs", "", []); return; }
    const { draws } = data.families[family];
    const decision = decide(options, request, draws);
    byId("answer").replaceChildren(...answerLines(decision, request, data, family).map((text, place) => {
      const paragraph = document.createElement("p");
      if (place === 0) paragraph.className = "decide-name";
      paragraph.textContent = text;
      return paragraph;
    }));
    byId("answer").dataset.choice = decision.choice ? decision.choice.option.name : "";
    chart(byId("chart"), decision, options, request, data.currency, draws);
    list("ladder", "Worth having within the limits, cheapest first", decision.ladder.map((step) => ladderLine(step, request, data.currency)));
    list("pairs", "Break-even numbers of queries", pairLines(decision.breakEvens, request, data.currency));
  }

  // The unit that says most here, and no limit: what is not given does not bind, as in the command.
  function start(data) {
    const families = Object.keys(data.families);
    byId("family").replaceChildren(...families.map((name) => {
      const choice = document.createElement("option");
      choice.value = choice.textContent = name;
      return choice;
    }));
    byId("family").value = families.includes("math-open") ? "math-open" : families[0];
    const options = data.families[byId("family").value].options;
    const timed = options.length > 0 && options.every((option) => option.training.device_seconds.value !== null && option.answer.device_seconds.value !== null);
    const priced = knownPrice(data.price_per_device_hour).value !== null;
    const byToken = options.length > 0 && options.every((option) => option.paid.answering);
    byId("unit").value = byToken ? "money" : !timed ? "flops" : priced ? "money" : "device_seconds";
    if (data.currency) {
      byId("price-label").textContent = `Price of a device-hour, ${data.currency}`;
    }
    byId("queries").value = "1e6";
    startDevices(data);
  }

  // What can be served on, where the answers' tokens and the students' architectures are known.
  function startDevices(data) {
    byId("device").append(...data.devices.map(({ name }) => {
      const choice = document.createElement("option");
      choice.value = choice.textContent = name;
      return choice;
    }));
    chooseDevice(data);
  }

  // What was typed for a device comes back with it.
  const typedPrices = new Map();

  // A device has a price of its own; what is asked of one only is asked where one is named.
  function chooseDevice(data) {
    const device = byId("device").value;
    for (const name of Object.keys(OF_DEVICE)) byId(name).disabled = device === "";
    byId("price").value = typedPrices.get(device) ?? firstPrice(data);
  }

  function firstPrice(data) {
    const device = data.devices.find((one) => one.name === byId("device").value);
    const price = device ? device.price : data.price_per_device_hour;
    return price === null ? "" : String(price);
  }

  // ---- what is asked, in the address ----
  const CHOICES = ["family", "unit", "teacher", "tuning", "judging"];
  const CONTROLS = [...CHOICES, "device", ...Object.keys(FIELDS)];
  const keyOf = (name) => `decide-${name}`;
  const isCheck = (name) => byId(name).type === "checkbox";
  const told = (name) => (isCheck(name) ? { true: "yes", false: "no" }[byId(name).checked] : byId(name).value.trim());

  function put(name, text, first) {
    if (isCheck(name)) byId(name).checked = (["yes", "no"].includes(text) ? text : first) === "yes";
    else byId(name).value = text;
    // A choice that is not offered here leaves none.
    if (byId(name).selectedIndex === -1) byId(name).value = first;
  }

  // Writes what is not as it began, and puts what the address tells into the controls; `address` is
  // what the page keeps it with, and a calculator that stands alone has none.
  function keep(data, address, update) {
    const began = Object.fromEntries(CONTROLS.map((name) => [name, told(name)]));
    const first = (name) => (name === "price" ? firstPrice(data) : began[name]);
    byId("calculator").addEventListener("change", () => {
      const state = address.read();
      for (const name of CONTROLS) {
        if (told(name) === first(name)) state.delete(keyOf(name));
        else state.set(keyOf(name), told(name));
      }
      address.write(state);
    });
    address.follow((state) => {
      for (const name of CONTROLS) {
        put(name, state.get(keyOf(name)) ?? first(name), first(name));
        if (name === "device") chooseDevice(data);
      }
      update();
      const keys = [...state.keys()];
      if (keys.length && keys.every((key) => key.startsWith(keyOf("")))) byId("calculator").scrollIntoView();
    });
  }

  async function run() {
    const source = document.getElementById("decide-data");
    const calculator = byId("calculator");
    if (source === null || calculator === null) return;
    calculator.setAttribute("aria-busy", "true");
    let data;
    try {
      data = await breakevenDecideData(source.textContent);
    } catch (error) {
      byId("problem").textContent = "This browser cannot unpack the calculator's data; those from 2023 on can.";
      throw error;
    } finally {
      calculator.removeAttribute("aria-busy");
    }
    begin(data);
  }

  function begin(data) {
    if (!Object.keys(data.families).length) {
      byId("calculator").textContent = "Nothing to choose from: all arms are controls.";
      return;
    }
    start(data);
    const update = () => show(data);
    for (const name of CHOICES) byId(name).addEventListener("change", update);
    byId("device").addEventListener("change", () => { chooseDevice(data); update(); });
    // A budget in another unit is another number: it does not carry over.
    byId("unit").addEventListener("change", () => { byId("budget").value = ""; update(); });
    byId("price").addEventListener("input", () => typedPrices.set(byId("device").value, byId("price").value));
    for (const name of Object.keys(FIELDS)) byId(name).addEventListener("input", update);
    for (const name of ["queries", "price", "seconds", "budget"]) {
      byId(`${name}-slide`).addEventListener("input", () => { slide(name, data); update(); });
    }
    list("notes", "", data.notes);
    if (globalThis.breakevenAddress) keep(data, globalThis.breakevenAddress, update);
    else update();
    addEventListener("resize", update);
  }

  run();
})();
