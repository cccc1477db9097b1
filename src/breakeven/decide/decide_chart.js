// The chart of the report page's calculator: lifetime cost against queries, a line an option.
"use strict";
(() => {
  const { line, resampledInterval } = breakevenDecide;
  const { UNIT_WORDS, power, figure, percent, money } = breakevenDecideWords;
  const LEAST_QUERIES = 0;
  const MOST_QUERIES = 10;
  const MOST_LINES = 7;
  const DECADES = 6;
  const COLOURS = { base: ["--style-base", "#7a7a7a"], ift: ["--style-ift", "#0072b2"],
    reasoning: ["--style-reasoning", "#d55e00"], mixed: ["--style-mixed", "#cc79a7"] };
  const DASHES = { base: "2 3", ift: "", reasoning: "7 3", mixed: "7 3 2 3" };

  function element(name, attributes, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // The choice and its rival, the ladder, whoever breaks even, the rest, until there are enough lines.
  function drawnOptions(decision, options) {
    const meeting = [...decision.breakEvens].sort((a, b) => (a.before === null) - (b.before === null));
    const names = [
      ...[decision.choice, decision.runnerUp].filter((row) => row !== null).map((row) => row.option.name),
      ...decision.ladder.map((step) => step.name),
      ...meeting.flatMap((found) => [found.first, found.second]),
    ];
    const chosen = [...new Set(names)].slice(0, MOST_LINES);
    return options.filter((option) => chosen.includes(option.name));
  }

  // The decades of queries about the number asked for, in log10.
  function queryWindow(queries) {
    const middle = queries > 0 ? Math.round(Math.log10(queries)) : LEAST_QUERIES;
    const from = Math.max(LEAST_QUERIES, middle - DECADES / 2);
    return [from, from + DECADES];
  }

  // `draws` are the resampled accuracies of all options, null where there are none.
  function chart(place, decision, options, request, currency, draws) {
    const shown = drawnOptions(decision, options).map((option) => {
      const { fixed, each } = line(option, request, request.unit);
      const interval = resampledInterval(draws, options.length, options.indexOf(option));
      return { option, fixed: fixed.value, each: each.value, interval };
    }).filter((one) => one.fixed !== null && one.each !== null);
    if (!shown.length) { place.replaceChildren(); return; }
    const at = (one, log) => one.fixed + one.each * 10 ** log;
    const [from, to] = queryWindow(request.queries);
    const ends = shown.flatMap((one) => [at(one, from), at(one, to)]).filter((cost) => cost > 0);
    if (!ends.length) { place.replaceChildren(); return; }
    const low = Math.floor(Math.log10(Math.min(...ends)));
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...ends))));
    const width = Math.max(280, Math.min(900, place.clientWidth || 600));
    const height = Math.round(Math.max(260, Math.min(380, width * 0.55)));
    const longest = Math.max(...shown.map((one) => one.option.name.length));
    const room = { left: 46, right: Math.min(width * 0.45, 24 + 7.8 * longest), top: 14, bottom: 40 };
    const x = (log) => room.left + (log - from) / (to - from) * (width - room.left - room.right);
    const y = (log) => height - room.bottom - (log - low) / (high - low) * (height - room.top - room.bottom);
    const inside = (log) => Math.min(high, Math.max(low, log));
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", tabindex: 0 });
    svg.setAttribute("aria-label", `Lifetime cost against queries for ${shown.map((one) => one.option.name).join(", ")}; arrow keys go from point to point; the break-evens are listed below.`);
    const ink = "fill:var(--ink,#1f2328)";
    const quiet = "fill:var(--muted,#59636e)";
    const grid = "stroke:var(--grid,#d8dee4)";
    for (let log = from; log <= to; log += 1) {
      svg.append(element("line", { x1: x(log), x2: x(log), y1: y(low), y2: y(high), style: grid }));
      svg.append(element("text", { x: x(log), y: height - room.bottom + 16, "text-anchor": "middle", style: quiet }, power(log)));
    }
    const stride = Math.ceil((high - low) / 6);
    for (let log = low; log <= high; log += stride) {
      svg.append(element("line", { x1: x(from), x2: x(to), y1: y(log), y2: y(log), style: grid }));
      svg.append(element("text", { x: room.left - 5, y: y(log) + 4, "text-anchor": "end", style: quiet }, power(log)));
    }
    const unitWords = UNIT_WORDS[request.unit] || currency || "money";
    svg.append(element("text", { x: room.left, y: height - 6, style: quiet }, `queries (log); up: ${unitWords} (log)`));
    const frame = { x, y, from, to, low, high, inside, at, ink, width, room, height };
    drawLimits(svg, request, frame);
    drawLines(svg, shown, decision, frame);
    drawPoints(svg, shown, decision, request, currency, frame);
    drawLabels(svg, shown, decision, frame);
    place.replaceChildren(svg);
  }

  function drawLimits(svg, request, { x, y, from, to, low, high, ink }) {
    const style = "stroke:var(--ink,#1f2328);stroke-dasharray:2 3";
    const now = Math.log10(request.queries);
    if (now >= from && now <= to) {
      svg.append(element("line", { x1: x(now), x2: x(now), y1: y(low), y2: y(high), style }));
      svg.append(element("text", { x: x(now) + (now > from + 1 ? -4 : 4), y: y(high) + 10, "text-anchor": now > from + 1 ? "end" : "start", style: ink }, "asked"));
    }
    const budget = request.budget === null ? NaN : Math.log10(request.budget);
    if (budget >= low && budget <= high) {
      svg.append(element("line", { x1: x(from), x2: x(to), y1: y(budget), y2: y(budget), style }));
      svg.append(element("text", { x: x(from) + 4, y: y(budget) - 4, style: ink }, "budget"));
    }
  }

  function colour(option) {
    const [variable, fallback] = COLOURS[option.style];
    return `var(${variable},${fallback})`;
  }

  const isChoice = (decision, option) => decision.choice !== null && decision.choice.option === option;

  function drawLines(svg, shown, decision, { x, y, from, to, inside, at }) {
    for (const one of shown) {
      const points = [];
      for (let log = from; log <= to + 1e-9; log += 0.05) {
        const cost = at(one, log);
        if (cost > 0) points.push(`${x(log).toFixed(1)},${y(inside(Math.log10(cost))).toFixed(1)}`);
      }
      svg.append(element("polyline", { points: points.join(" "), "stroke-dasharray": DASHES[one.option.style],
        style: `fill:none;stroke:${colour(one.option)};stroke-width:${isChoice(decision, one.option) ? 3.5 : 1.4}` }));
    }
  }

  // Where options break even, and each at the number asked for: what a point is stands in its title.
  function drawPoints(svg, shown, decision, request, currency, { x, y, from, to, low, high, inside, at, ink }) {
    const cost = (value) => money(value, request.unit, currency);
    const put = (log, up, fill, lines) => {
      const made = element("circle", { cx: x(log), cy: y(inside(up)), r: 3.5, style: `${fill};stroke:var(--paper,#fdfdfd)` });
      made.append(element("title", {}, lines.join("\n")));
      svg.append(made);
    };
    const now = Math.log10(request.queries);
    for (const one of shown) {
      const up = Math.log10(at(one, now));
      if (!(now >= from && now <= to && up >= low && up <= high)) continue;
      put(now, up, `fill:${colour(one.option)}`, [
        one.option.name, `${cost(at(one, now))} at ${figure(request.queries)} queries`,
        `${percent(one.option.accuracy)} right${one.interval ? `, ${one.interval.map(percent).join(" to ")} in 95% of resamples` : ""}`,
      ]);
    }
    for (const found of decision.breakEvens) {
      const first = shown.find((one) => one.option.name === found.first);
      const second = shown.find((one) => one.option.name === found.second);
      const log = first && second && found.before ? Math.log10((second.fixed - first.fixed) / (first.each - second.each)) : NaN;
      if (log >= from && log <= to) {
        put(log, Math.log10(at(first, log)), ink, [
          `${found.first} and ${found.second}`, `cost the same at ${figure(found.queries[request.unit].value)} queries: ${cost(found.cost)}`,
          `${found.before} is cheaper below, ${found.after} above`,
        ]);
      }
    }
  }

  // Names at the right end, moved apart so that none covers another.
  function drawLabels(svg, shown, decision, { x, y, to, inside, at, ink, width, room, height }) {
    const labels = shown.filter((one) => at(one, to) > 0)
      .map((one) => ({ one, end: y(inside(Math.log10(at(one, to)))) }))
      .sort((a, b) => a.end - b.end);
    let floor = room.top - 6;
    for (const label of labels) { label.y = Math.max(label.end, floor + 15); floor = label.y; }
    let ceiling = height - room.bottom + 8;
    for (const label of [...labels].reverse()) { label.y = Math.min(label.y, ceiling); ceiling = label.y - 15; }
    const letters = Math.floor((width - x(to) - 24) / 6.4);
    for (const { one, end, y: middle } of labels) {
      const name = one.option.name;
      const short = name.length > letters ? `${name.slice(0, Math.max(1, letters - 1))}…` : name;
      const weight = isChoice(decision, one.option) ? 700 : 400;
      svg.append(element("path", { d: `M${x(to)} ${end}L${x(to) + 14} ${middle}`, style: `fill:none;stroke:${colour(one.option)}` }));
      const text = element("text", { x: x(to) + 18, y: middle + 4, style: `${ink};font-weight:${weight}` }, short);
      text.append(element("title", {}, name));
      svg.append(text);
    }
  }

  globalThis.breakevenDecideChart = { LEAST_QUERIES, MOST_QUERIES, chart };
})();
