// What the report page's calculator says of a decision, in the words of breakeven.decide.decision_text
// where both say the same.
"use strict";
(() => {
  const { itemInUnit, knownPrice, inTime, notServed } = breakevenDecide;
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

  globalThis.breakevenDecideWords = { UNIT_WORDS, power, figure, percent, money, answerLines, ladderLine, pairLines };
})();
