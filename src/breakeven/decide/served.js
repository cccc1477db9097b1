// What options take on a device, for the calculator of the report page (decide_core.js): the arithmetic
// of breakeven.costs.batch_curve and breakeven.decide.serving, over the numbers that
// breakeven.decide.page_devices wrote into the page.
"use strict";
(() => {
  const amount = (value) => ({ value, reason: null });
  const absent = (reason) => ({ value: null, reason });

  // Of the linear layers in a pass over so many tokens with so many logits: the longer, and what moves between.
  function linearSeconds(model, tokens, logits) {
    const [, weights, expert, experts, active, written, body, head, between] = model;
    const visited = experts ? experts * (1 - (1 - active / experts) ** tokens) : 0;
    return Math.max(weights + expert * visited + written * tokens, body * tokens + head * logits) + between * tokens;
  }

  // The mean answer of an option on a device, at every batch up to `most`.
  function curveOf(row, device, data) {
    const [student, samples, steps, attention, begun, place, most] = row;
    const model = device.models[student];
    const [prompts, weights] = data.prompts[place];
    const seconds = (batch) => {
      let read = 0;
      prompts.forEach((prompt, index) => { read += weights[index] * linearSeconds(model, batch * prompt, batch); });
      return model[0] * (1 + steps) + begun + read + steps * linearSeconds(model, batch, batch) + batch * attention;
    };
    return { samples, most, seconds };
  }

  // The largest batch whose mean answer ends in time; 0 where not even one alone does.
  function largestWithin(curve, limit) {
    let low = 0;
    let high = curve.most;
    while (low < high) {
      const middle = Math.floor((low + high + 1) / 2);
      if (curve.seconds(middle) <= limit) low = middle; else high = middle - 1;
    }
    return low;
  }

  // How many answers at once, or null where so many do not fit.
  function batchOf(curve, request) {
    if (request.batch !== null) return request.batch > curve.most ? null : request.batch;
    if (request.max_latency_seconds === null) return curve.most;
    // One that is too slow alone has its seconds too: by how much it is too slow is told.
    return largestWithin(curve, request.max_latency_seconds) || 1;
  }

  // An option with the seconds of a device in place of those that were measured.
  function servedOption(option, row, device, data, request) {
    const [found, training, tuning, teacher, judging, by] = row;
    const told = ([value, reason]) => (value === null ? absent(data.reasons[reason]) : amount(value));
    const cold = absent(`energy is not modelled on ${device.name}`);
    const on = (flops, seconds) => ({ flops, device_seconds: seconds, joules: cold });
    const curve = typeof found === "number" ? null : curveOf(found, device, data);
    const batch = curve === null ? null : batchOf(curve, request);
    let seconds = absent(`${option.name}: ${curve === null ? data.reasons[found] : `${device.name} holds at most ${curve.most} of its answers at once`}`);
    let latency = seconds;
    if (batch !== null) {
      const wait = curve.seconds(batch);
      seconds = amount(curve.samples * (wait * device.count / batch));
      latency = curve.samples > 1 ? absent(`${option.name}: the wait for several samples is not modelled`) : amount(wait);
    }
    return {
      ...option, batch, mostAtOnce: curve === null ? null : curve.most, latency, trainingBy: by, answer: on(option.answer.flops, seconds),
      training: option.style === "base" ? option.training : on(option.training.flops, told(training)),
      tuning: on(option.tuning.flops, told(tuning)),
      teacher: on(option.teacher.flops, told(teacher)),
      judging: on(option.judging.flops, told(judging)),
    };
  }

  globalThis.breakevenServed = servedOption;
})();
