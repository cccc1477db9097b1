// The decision calculator of the report page. Plain JavaScript over the JSON embedded in the page;
// no network. It does the arithmetic of breakeven.decide.choice, in the same order of operations,
// so that both give the same numbers; the rest reads controls and draws. What options take on a
// device is in served.js.
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

  function unpack(text) {
    if (text === null) return null;
    const bytes = atob(text);
    const draws = new Uint16Array(bytes.length / 2);
    for (let i = 0; i < draws.length; i++) draws[i] = bytes.charCodeAt(2 * i) | (bytes.charCodeAt(2 * i + 1) << 8);
    return draws;
  }

  globalThis.breakevenDecide = { decide, unpack, optionsOf };

  // ---- words ----
  const UNIT_WORDS = { flops: "FLOPs", device_seconds: "device-seconds", money: "", joules: "J" };
  const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const power = (exponent) => `10${[...String(exponent)].map((c) => SUPERSCRIPTS[c]).join("")}`;

  function figure(value) {
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 1e-4 && size < 1e6) {
      return value.toLocaleString("en", { maximumSignificantDigits: 4 });
    }
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return `${Number(mantissa)}×${power(Number(exponent))}`;
  }

  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const money = (value, unit, currency) => `${figure(value)} ${UNIT_WORDS[unit] || currency}`.trim();

  // Why the device answers with no option; of a batch too large, what would fit of which.
  function nobodyServed(rows, request) {
    const nobody = `No option is served on ${request.device}`;
    const most = rows.map((row) => row.option).filter((option) => option.mostAtOnce !== null);
    if (request.batch === null || !most.length) return `${nobody}: ${rows[0].seconds.reason}.`;
    const fitting = most.map((option) => option.mostAtOnce);
    const [largest, smallest] = [Math.max(...fitting), Math.min(...fitting)];
    const served = most.filter((option) => option.mostAtOnce === largest).map((option) => option.name);
    const others = rows.map((row) => row.option.name).filter((name) => !served.includes(name));
    const rest = most.length === rows.length ? "" : ` but ${rows.length - most.length}`;
    const number = (count) => count.toLocaleString("en");
    return `${nobody} with ${number(request.batch)} answers at once: its memory holds at most ${number(largest)}, of ${served.join(", ")}` +
      (others.length ? `, which keeps out ${others.join(", ")}` : "") +
      (largest === smallest ? "." : `; with ${number(smallest)} all${rest} are served.`);
  }

  function shortfall(decision, request, currency) {
    const priced = decision.rows.filter((row) => row.cost.value !== null);
    if (decision.rows.length && decision.rows.every((row) => notServed(row.option, request))) {
      return nobodyServed(decision.rows, request);
    }
    if (!priced.length) {
      const reason = decision.rows.length ? decision.rows[0].cost.reason : "there is no option";
      return `No option's cost is known: ${reason}. Count costs in another unit.`;
    }
    const limit = request.max_seconds_per_answer;
    const least = (rows, key) => rows.reduce((a, b) => (key(b) < key(a) ? b : a));
    if (limit !== null) {
      const timed = decision.rows.filter((row) => row.seconds.value !== null);
      if (!timed.length) return `No option's seconds per answer are known: ${decision.rows[0].seconds.reason}.`;
      const quickest = least(timed, (row) => row.seconds.value);
      if (quickest.seconds.value > limit) {
        return `Nothing is quick enough: ${quickest.option.name} takes ${figure(quickest.seconds.value)} ` +
          `device-seconds, ${figure(quickest.seconds.value - limit)} over the limit.`;
      }
    }
    const wait = request.max_latency_seconds;
    if (wait !== null) {
      const known = decision.rows.filter((row) => row.latency.value !== null);
      if (!known.length) return `No option's wait is known: ${decision.rows[0].latency.reason}.`;
      const quickest = least(known, (row) => row.latency.value);
      if (quickest.latency.value > wait) {
        return `Nothing is quick enough on ${request.device}: ${quickest.option.name} takes ${figure(quickest.latency.value)} s, ` +
          `${figure(quickest.latency.value - wait)} over the limit.`;
      }
    }
    const timely = priced.filter((row) => inTime(row, request));
    if (!timely.length || request.budget === null) return "No option has both a known cost and known seconds within the limit.";
    const cheapest = least(timely, (row) => row.cost.value);
    return `Nothing fits the budget: ${cheapest.option.name} costs ${money(cheapest.cost.value, request.unit, currency)}, ` +
      `${money(cheapest.cost.value - request.budget, request.unit, currency)} over it.`;
  }

  function answerLines(decision, request, data, family) {
    const { choice, runnerUp } = decision;
    if (choice === null) return [shortfall(decision, request, data.currency)];
    const lines = [choice.option.name];
    let text = `${percent(choice.option.accuracy)} right, ${money(choice.cost.value, request.unit, data.currency)} over its life`;
    if (choice.seconds.value !== null) text += `, ${figure(choice.seconds.value)} device-seconds an answer`;
    if (choice.option.paid.answering) text += ", answers paid by the token";
    lines.push(`${text}.`);
    if (request.device !== null) lines.push(deviceLine(choice, request));
    if (choice.net !== null) {
      lines.push(`Net value ${figure(choice.net)} ${data.currency}`.trim() + (choice.net < 0 ? ": it does not earn what it costs." : "."));
    } else {
      lines.push(request.budget === null
        ? "The most accurate one; no budget is set, so cost plays no part but between equals."
        : "The most accurate one within the limits; the cheaper of equals.");
    }
    lines.push(teacherLine(decision.rows, request), ...ownedLines(choice.owned, request, data.currency));
    if (decision.probability === null) {
      lines.push(`How sure: not known, ${data.families[family].draws_reason}.`);
    } else {
      lines.push(`Best in ${percent(decision.probability)} of resamples of the ${data.families[family].resampled}` +
        (runnerUp ? `; next is ${runnerUp.option.name} with ${percent(runnerUp.probability)}.` : "; nothing else fits."));
    }
    const { rests, factor, words } = decision.extrapolation;
    const state = rests === null ? "not known" : rests ? "yes" : "no";
    const factorWords = rests && factor ? `, ${Number(factor.toPrecision(2))} times outside their costs` : "";
    lines.push(`Rests on extrapolation: ${state}; ${words}${factorWords}.`);
    lines.push(...cautions(decision.rows, request, data));
    return lines;
  }

  const BATCH_RULES = { given: "as given", wait: "the most that end within the limit on the wait", fit: "the most that fit" };
  const batchRule = (request) => BATCH_RULES[request.batch !== null ? "given" : request.max_latency_seconds !== null ? "wait" : "fit"];
  const TRAINING_BY = { steps: "; training by its FLOPs or, where longer, by its steps", flops: "; training by its FLOPs alone" };

  // That seconds and money are of a model of the device.
  function deviceLine(choice, request) {
    const { batch, trainingBy } = choice.option;
    if (batch === null) return `Answered by a service, not on ${request.device}${TRAINING_BY[trainingBy] || ""}.`;
    const wait = choice.latency.value === null ? "" : `, one person waits ${figure(choice.latency.value)} s`;
    return `Modelled on ${request.device} with ${batch.toLocaleString("en")} answer${batch === 1 ? "" : "s"} at once (${batchRule(request)})${wait}; ` +
      `nothing was measured there${TRAINING_BY[trainingBy] || ""}.`;
  }

  // What a reader of modelled costs has to know.
  function cautions(rows, request, data) {
    if (request.device === null) return [];
    const batches = rows.map((row) => row.option.batch).filter((batch) => batch !== null);
    const large = batches.filter((batch) => batch > data.most_at_once);
    const alone = rows.filter((row) => row.option.trainingBy === "flops");
    const found = [];
    if (large.length && request.batch === null) {
      found.push(`Caution: ${large.length} of ${batches.length} options are taken to be served with more answers at once than servers run, up to ` +
        `${Math.max(...large).toLocaleString("en")}, ${batchRule(request)} (vLLM runs at most ${data.most_at_once.toLocaleString("en")} unless told otherwise); say how many.`);
    }
    if (alone.length) {
      found.push(`Caution: training is modelled by its FLOPs alone for ${alone.length} of ${rows.length} options, as the steps are not known: far too short for small models.`);
    }
    return found;
  }

  // Whether these costs hold the teacher's work, and why not.
  function teacherLine(rows, request) {
    if (!request.with_teacher) return "Without the teacher: left out, as asked.";
    const reason = request.teacher_left_out[request.unit];
    if (reason) return `Without the teacher: ${reason}.`;
    const unknown = rows.map((row) => row.option)
      .filter((option) => itemInUnit(option, "teacher", request, request.unit).value === null).map((option) => option.name);
    if (!unknown.length) return "With the teacher's work.";
    return `With the teacher's work, whose part is not known of ${unknown.join(", ")}: they are out; without it they are compared as well.`;
  }

  // What the choice costs with every item counted, in money where there is a price.
  function ownedLines(owned, request, currency) {
    // Without a price of hours there is none, but of answers that are paid by the token.
    if (knownPrice(request.price_per_device_hour).value === null && owned.items.answering.value === null) return [];
    const known = Object.entries(owned.items).filter(([, one]) => one.value !== null)
      .map(([name, one]) => `${name} ${figure(one.value)}`).join(", ");
    const total = money(owned.atLeast, "money", currency);
    if (owned.total.value !== null) return [`With everything counted: ${total} (${known}).`];
    const least = known ? `at least ${total} (${known}); ` : "";
    return [`With everything counted: ${least}not known: ${owned.total.reason}.`];
  }

  function ladderLine(step, request, currency) {
    const cost = (value) => money(value, request.unit, currency);
    const each = step.cost_per_extra_correct;
    return `${step.name}: ${percent(step.accuracy)}, ${cost(step.cost)}` +
      (each === null ? "" : `; each further right answer costs ${cost(each)}`);
  }

  // Pairs that break even, and how many do not.
  function pairLines(breakEvens, request, currency) {
    const netting = breakEvens.filter((found) => found.net !== null && found.net.value !== null)
      .map((found) => `${found.first} and ${found.second} net the same at ${figure(found.net.value)} queries`);
    const lines = breakEvens.filter((found) => found.before !== null).map((found) =>
      `${found.first} and ${found.second}: ${figure(found.queries[request.unit].value)} queries ` +
      `(${money(found.cost, request.unit, currency)}); ${found.before} is cheaper below, ${found.after} above`);
    const never = breakEvens.length - lines.length;
    if (never) lines.push(`${never} ${lines.length ? "other " : ""}${never === 1 ? "pair has" : "pairs have"} none: one is cheaper at any number of queries`);
    return [...netting, ...lines];
  }

  // ---- the chart ----
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

  function chart(place, decision, options, request, currency) {
    const shown = drawnOptions(decision, options).map((option) => {
      const { fixed, each } = line(option, request, request.unit);
      return { option, fixed: fixed.value, each: each.value };
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
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img" });
    svg.setAttribute("aria-label", `Lifetime cost against queries for ${shown.map((one) => one.option.name).join(", ")}; the break-evens are listed below.`);
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

  function drawLines(svg, shown, decision, { x, y, from, to, inside, at, ink }) {
    for (const one of shown) {
      const points = [];
      for (let log = from; log <= to + 1e-9; log += 0.05) {
        const cost = at(one, log);
        if (cost > 0) points.push(`${x(log).toFixed(1)},${y(inside(Math.log10(cost))).toFixed(1)}`);
      }
      svg.append(element("polyline", { points: points.join(" "), "stroke-dasharray": DASHES[one.option.style],
        style: `fill:none;stroke:${colour(one.option)};stroke-width:${isChoice(decision, one.option) ? 3.5 : 1.4}` }));
    }
    for (const found of decision.breakEvens) {
      const first = shown.find((one) => one.option.name === found.first);
      const second = shown.find((one) => one.option.name === found.second);
      const log = first && second && found.before ? Math.log10((second.fixed - first.fixed) / (first.each - second.each)) : NaN;
      if (log >= from && log <= to) {
        svg.append(element("circle", { cx: x(log), cy: y(inside(Math.log10(at(first, log)))), r: 3.5,
          style: `${ink};stroke:var(--paper,#fdfdfd)` }));
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

  // ---- the controls ----
  const byId = (name) => document.getElementById(`decide-${name}`);
  const FIELDS = { queries: "queries", price: "price_per_device_hour", seconds: "max_seconds_per_answer",
    budget: "budget", value: "value_per_correct", batch: "batch", wait: "max_latency_seconds" };
  const FIELD_WORDS = { queries: "queries", price: "the price", seconds: "the time limit", budget: "the budget", value: "the value" };
  // What is asked of a device only.
  const OF_DEVICE = { batch: "For answers at once give a whole number of at least 1.", wait: "For the wait give seconds above 0." };
  const SLIDE_STEPS = 200;

  // A number as the command line reads it (core/written_numbers.py): 1e6, 1,000,000, 1M.
  const SCALES = { "": 1, k: 1e3, m: 1e6, b: 1e9, t: 1e12 };
  const NUMBER = /^([+-]?)(\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s?([kmbt]?)$/i;
  function readNumber(text) {
    const found = NUMBER.exec(text);
    if (!found) return NaN;
    const [, sign, digits, exponent, scale] = found;
    return Number(`${sign}${digits.replaceAll(",", "")}${exponent || ""}`) * SCALES[scale.toLowerCase()];
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

  function show(data, draws) {
    const family = byId("family").value;
    const { request: asked, problem } = readRequest(data);
    const options = optionsOf(data, family, asked);
    const request = withTeacherWhereKnown(options, asked);
    byId("problem").textContent = problem || "";
    for (const name of ["queries", "price", "seconds", "budget"]) {
      if (byId(name).getAttribute("aria-invalid") !== "true") placeSlider(name, options, request);
    }
    if (problem) { byId("answer").replaceChildren(); byId("chart").replaceChildren(); list("ladder", "", []); list("pairs", "", []); return; }
    const decision = decide(options, request, draws(family));
    byId("answer").replaceChildren(...answerLines(decision, request, data, family).map((text, place) => {
      const paragraph = document.createElement("p");
      if (place === 0) paragraph.className = "decide-name";
      paragraph.textContent = text;
      return paragraph;
    }));
    byId("answer").dataset.choice = decision.choice ? decision.choice.option.name : "";
    chart(byId("chart"), decision, options, request, data.currency);
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

  // A device has a price of its own; what is asked of one only is asked where one is named.
  function chooseDevice(data) {
    const device = data.devices.find((one) => one.name === byId("device").value);
    for (const name of Object.keys(OF_DEVICE)) byId(name).disabled = !device;
    const price = device ? device.price : data.price_per_device_hour;
    byId("price").value = price === null ? "" : String(price);
  }

  function run() {
    const source = document.getElementById("decide-data");
    if (source === null || byId("calculator") === null) return;
    const data = breakevenDecideData(source.textContent);
    if (!Object.keys(data.families).length) {
      byId("calculator").textContent = "Nothing to choose from: all arms are controls.";
      return;
    }
    const unpacked = new Map();
    const draws = (family) => {
      if (!unpacked.has(family)) unpacked.set(family, unpack(data.families[family].draws));
      return unpacked.get(family);
    };
    start(data);
    const update = () => show(data, draws);
    for (const name of ["family", "unit", "teacher", "tuning", "judging"]) byId(name).addEventListener("change", update);
    byId("device").addEventListener("change", () => { chooseDevice(data); update(); });
    // A budget in another unit is another number: it does not carry over.
    byId("unit").addEventListener("change", () => { byId("budget").value = ""; update(); });
    for (const name of Object.keys(FIELDS)) byId(name).addEventListener("input", update);
    for (const name of ["queries", "price", "seconds", "budget"]) {
      byId(`${name}-slide`).addEventListener("input", () => { slide(name, data); update(); });
    }
    list("notes", "", data.notes);
    update();
    addEventListener("resize", update);
  }

  if (typeof document !== "undefined") run();
})();
