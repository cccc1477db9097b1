// The arithmetic of the report page's calculator: that of breakeven.decide.choice, in the same order
// of operations, so that both give the same numbers. It reads no page; decide_words.js says what it
// finds, decide_chart.js draws it and decide_view.js asks. What options take on a device is in
// served.js.
"use strict";
(() => {
  const UNITS = ["flops", "device_seconds", "money", "joules"];
  const STEPS = 65535;

  // ---- amounts: {value, reason}, one of them null ----
  const amount = (value) => ({ value, reason: null });
  const absent = (reason) => ({ value: null, reason });
  const times = (one, factor) => (one.value === null ? one : amount(one.value * factor));
  function plus(one, other) {
    if (one.value !== null && other.value !== null) return amount(one.value + other.value);
    const reasons = [one, other].filter((part) => part.reason).flatMap((part) => part.reason.split("; "));
    return absent([...new Set(reasons)].join("; "));
  }

  function inUnit(item, unit, price) {
    if (unit !== "money") return item[unit];
    const known = knownPrice(price);
    return known.value === null ? known : times(item.device_seconds, known.value / 3600);
  }

  // No price, or one of zero, makes money absent (breakeven.costs.prices).
  function knownPrice(price) {
    if (price === null) return absent("costs.price_per_device_hour is not set");
    return price === 0 ? absent("costs.price_per_device_hour is 0: nobody pays") : amount(price);
  }

  // ---- what is paid once: breakeven.decide.paid_once and options.lifetime ----
  const STYLES = ["ift", "reasoning"];

  const partOf = (option, item) => (item === "answering" ? option.answer : option[item]);

  // In money, what is paid by the token is so on any device.
  function itemInUnit(option, item, request, unit) {
    if (unit === "money" && option.paid[item]) return option.paid[item];
    // Whose answers are paid by the token may have no device, and no price of its hours.
    if (unit === "money" && option.paid.answering && partOf(option, item).device_seconds.value === 0) return amount(0);
    return inUnit(partOf(option, item), unit, request.price_per_device_hour);
  }

  // The teacher is counted in the units in which it is known of every option of both styles.
  function withTeacherWhereKnown(options, request) {
    const leftOut = {};
    for (const unit of request.with_teacher ? UNITS : []) {
      const missing = options.filter((option) => STYLES.includes(option.style))
        .map((option) => itemInUnit(option, "teacher", request, unit).reason).find((reason) => reason);
      if (missing) leftOut[unit] = missing;
    }
    return { ...request, teacher_left_out: leftOut };
  }

  function countedOnce(request, unit) {
    const teacher = request.with_teacher && !(unit in request.teacher_left_out);
    const asked = { teacher, tuning: request.with_tuning, judging: request.with_judging };
    return Object.keys(asked).filter((item) => asked[item]);
  }

  // The lifetime cost in one unit: training, answers, and what is counted once.
  function lifetimeIn(option, request, unit, queries) {
    let cost = itemInUnit(option, "training", request, unit);
    if (queries) cost = plus(cost, times(itemInUnit(option, "answering", request, unit), queries));
    return countedOnce(request, unit).reduce((all, item) => plus(all, itemInUnit(option, item, request, unit)), cost);
  }

  // Every item of the bill in money, whichever of them the lifetime cost counts.
  function ownership(option, request) {
    const items = {};
    for (const name of ["teacher", "tuning", "training", "answering", "judging"]) {
      items[name] = itemInUnit(option, name, request, "money");
    }
    // Nothing is asked without queries, where the mean of an answer may be absent.
    items.answering = request.queries || option.paid.answering ? times(items.answering, request.queries)
      : inUnit({ device_seconds: amount(0) }, "money", request.price_per_device_hour);
    const parts = Object.values(items);
    const atLeast = parts.reduce((sum, one) => sum + (one.value === null ? 0 : one.value), 0);
    return { items, total: parts.reduce(plus, amount(0)), atLeast };
  }

  // The options of a family, as measured or, where the request names a device, as served there.
  function optionsOf(data, family, request) {
    const { options } = data.families[family];
    const place = data.devices.findIndex((device) => device.name === request.device);
    if (place < 0) return options;
    return options.map((option, index) => breakevenServed(option, data.served[family][place][index], data.devices[place], data, request));
  }

  function evaluate(option, index, request) {
    const costs = {};
    for (const unit of UNITS) costs[unit] = lifetimeIn(option, request, unit, request.queries);
    const cost = costs[request.unit];
    const seconds = option.answer.device_seconds;
    let net = null;
    if (request.value_per_correct !== null && cost.value !== null) {
      net = request.value_per_correct * request.queries * option.accuracy - cost.value;
    }
    const latency = option.latency || absent("no device is named");
    const why = whyNot(cost, seconds, latency, request) ||
      (notServed(option, request) ? "it is not served on the device" : null);
    const owned = ownership(option, request);
    return { option, index, costs, cost, seconds, latency, net, owned, fits: why === null, why, onFrontier: false, probability: null };
  }

  function whyNot(cost, seconds, latency, request) {
    const limit = request.max_seconds_per_answer;
    const wait = request.max_latency_seconds;
    if (cost.value === null) return "its cost is not known";
    if (limit !== null && seconds.value === null) return "its seconds per answer are not known";
    if (limit !== null && seconds.value > limit) return "it takes longer than the limit";
    if (wait !== null && latency.value === null) return "its wait is not known";
    if (wait !== null && latency.value > wait) return "one person waits longer than the limit";
    if (request.budget !== null && cost.value > request.budget) return "it costs more than the budget";
    return null;
  }

  // Whether the device cannot answer with an option, in whatever unit costs are counted; a service that
  // is paid for can.
  const notServed = (option, request) => request.device !== null && !option.paid.answering && option.batch === null;
  const within = (found, limit) => limit === null || (found.value !== null && found.value <= limit);
  const inTime = (row, request) => !notServed(row.option, request) && within(row.seconds, request.max_seconds_per_answer) && within(row.latency, request.max_latency_seconds);

  function markFrontier(fitting) {
    for (const row of fitting) {
      row.onFrontier = !fitting.some((other) =>
        other.cost.value <= row.cost.value && other.option.accuracy >= row.option.accuracy &&
        (other.cost.value < row.cost.value || other.option.accuracy > row.option.accuracy));
    }
  }

  // Share of resamples in which each option is best; the cheaper of equals wins.
  function markProbabilities(fitting, width, draws, request) {
    const order = [...fitting].sort((a, b) => a.cost.value - b.cost.value || a.index - b.index);
    const wins = order.map(() => 0);
    const count = draws.length / width;
    const value = request.value_per_correct === null ? null : request.value_per_correct * request.queries;
    for (let draw = 0; draw < count; draw++) {
      let best = 0;
      let bestScore = -Infinity;
      order.forEach((row, place) => {
        let score = draws[draw * width + row.index] / STEPS;
        if (value !== null) score = value * score - row.cost.value;
        if (score > bestScore) { bestScore = score; best = place; }
      });
      wins[best] += 1;
    }
    order.forEach((row, place) => { row.probability = wins[place] / count; });
  }

  // The middle 95% of an option's resampled accuracies, as numpy's quantiles; null without any.
  function resampledInterval(draws, width, index) {
    if (draws === null) return null;
    const own = Float64Array.from({ length: draws.length / width }, (_, draw) => draws[draw * width + index] / STEPS).sort();
    return [0.025, 0.975].map((share) => {
      const place = share * (own.length - 1);
      const [below, above] = [own[Math.floor(place)], own[Math.ceil(place)]];
      return below + (above - below) * (place - Math.floor(place));
    });
  }

  function ladder(fitting, queries) {
    const members = fitting.filter((row) => row.onFrontier)
      .sort((a, b) => a.cost.value - b.cost.value || a.index - b.index);
    return members.map((row, place) => {
      let each = null;
      if (place > 0) {
        const before = members[place - 1];
        const more = queries * (row.option.accuracy - before.option.accuracy);
        if (more > 0) each = (row.cost.value - before.cost.value) / more;
      }
      return { name: row.option.name, accuracy: row.option.accuracy, cost: row.cost.value, cost_per_extra_correct: each };
    });
  }

  // ---- break-evens ----
  function line(option, request, unit) {
    return { fixed: lifetimeIn(option, request, unit, 0), each: itemInUnit(option, "answering", request, unit) };
  }

  // Queries at which two options cost the same, or net the same where the second gains with each.
  function breakEven(first, second, request, unit, gain = 0, words = ["cost", "is cheaper"]) {
    const one = line(first, request, unit);
    const other = line(second, request, unit);
    const all = plus(plus(plus(one.fixed, one.each), other.fixed), other.each);
    if (all.value === null) return absent(all.reason);
    const once = other.fixed.value - one.fixed.value;
    const each = one.each.value - other.each.value + gain;
    if (once * each > 0) return amount(once / each);
    const [same, better] = words;
    if (once === 0 && each === 0) return absent(`${first.name} and ${second.name} ${same} the same`);
    const ahead = once >= 0 && each <= 0 ? first : second;
    return absent(`${ahead.name} ${better} at any number of queries`);
  }

  function contenders(options, request) {
    const rows = [];
    for (const option of options) {
      const { fixed, each } = line(option, request, request.unit);
      if (fixed.value !== null && each.value !== null) {
        rows.push({ option, key: [fixed.value, each.value, -option.accuracy] });
      }
    }
    const beats = (a, b) => a.some((part, i) => part !== b[i]) && a.every((part, i) => part <= b[i]);
    return rows.filter((row) => !rows.some((other) => beats(other.key, row.key)))
      .sort((a, b) => b.key[2] - a.key[2] || a.key[0] - b.key[0])
      .map((row) => row.option);
  }

  function breakEvens(options, request, choice) {
    const ranked = contenders(options, request);
    const pairs = ranked.slice(1).map((option, place) => [ranked[place], option]);
    if (choice !== null) {
      const place = ranked.indexOf(choice);
      ranked.forEach((other, index) => {
        if (place >= 0 && Math.abs(index - place) <= 1) return;
        const below = place < 0 ? other.accuracy <= choice.accuracy : index < place;
        pairs.push(below ? [other, choice] : [choice, other]);
      });
    }
    return pairs.map(([first, second]) => pair(first, second, request));
  }

  function pair(first, second, request) {
    const queries = {};
    for (const unit of UNITS) queries[unit] = breakEven(first, second, request, unit);
    const asked = queries[request.unit];
    const found = { first: first.name, second: second.name, queries, before: null, after: null, cost: null, net: null };
    if (request.value_per_correct !== null) {
      const gain = request.value_per_correct * (second.accuracy - first.accuracy);
      found.net = breakEven(first, second, request, request.unit, gain, ["net", "nets more"]);
    }
    if (asked.value === null) return found;
    const [one, other] = [first, second].map((option) => line(option, request, request.unit).fixed.value);
    found.before = one < other ? first.name : second.name;
    found.after = one < other ? second.name : first.name;
    found.cost = lifetimeIn(first, request, request.unit, asked.value).value;
    return found;
  }

  // ---- what a choice rests on ----
  function extrapolation(choice, rows) {
    const style = choice.option.style === "ift" ? "reasoning" : "ift";
    const word = style === "ift" ? "IFT" : "reasoning";
    const rivals = rows.filter((row) => row.cost.value !== null && row.option.style === style);
    if (!rivals.length) return { rests: null, factor: null, words: `no ${word} student of known cost to compare with` };
    const cost = choice.cost.value;
    const dearest = Math.max(...rivals.map((row) => row.cost.value));
    const smallest = rivals.reduce((a, b) => (b.cost.value < a.cost.value ||
      (b.cost.value === a.cost.value && b.option.accuracy > a.option.accuracy) ? b : a));
    const cheapest = smallest.cost.value;
    if (cost > dearest) {
      return { rests: true, factor: dearest ? cost / dearest : null,
        words: `it costs more than every ${word} student tried; a larger one might win` };
    }
    if (cost < cheapest) {
      const open = smallest.option.accuracy > choice.option.accuracy;
      return { rests: open, factor: cost ? cheapest / cost : null,
        words: `it costs less than every ${word} student tried` +
          (open ? "; a smaller one might win" : ", and beats the cheapest of them") };
    }
    const beside = cheapest < cost && cost < dearest ? "on both sides of its cost" : "at its cost";
    return { rests: false, factor: 1, words: `${word} students were measured ${beside}` };
  }

  function decide(options, asked, draws) {
    const request = withTeacherWhereKnown(options, asked);
    const rows = options.map((option, index) => evaluate(option, index, request));
    const fitting = rows.filter((row) => row.fits);
    markFrontier(fitting);
    if (draws !== null && fitting.length) markProbabilities(fitting, options.length, draws, request);
    const score = (row) => (row.net === null ? row.option.accuracy : row.net);
    const ranked = [...fitting].sort((a, b) => score(b) - score(a) || a.cost.value - b.cost.value || a.index - b.index);
    const choice = ranked.length ? ranked[0] : null;
    const runnerUp = ranked.slice(1).reduce(
      (best, row) => (best === null || (row.probability || 0) > (best.probability || 0) ? row : best), null);
    const timely = rows.filter((row) => inTime(row, request)).map((row) => row.option);
    return {
      rows, choice, runnerUp,
      probability: choice && choice.probability,
      extrapolation: choice && extrapolation(choice, rows),
      ladder: ladder(fitting, request.queries),
      breakEvens: breakEvens(timely, request, choice && choice.option),
    };
  }

  globalThis.breakevenDecide = {
    decide, optionsOf, line, lifetimeIn, itemInUnit, knownPrice, inTime, notServed, withTeacherWhereKnown,
    resampledInterval,
  };
})();
