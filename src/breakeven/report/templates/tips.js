// Points of the report page's drawings tell their titles at once: under the mouse, and with the arrow
// keys where a drawing has the focus, as those of the interactive frontier do (frontier.js).
"use strict";
(() => {
  const DRAWINGS = ".panels > div > svg, .decide-chart > svg";
  const made = (settings) => document.body.appendChild(Object.assign(document.createElement("div"), settings));
  const tip = made({ className: "tip", hidden: true });
  const said = made({ className: "hidden-text", role: "status" });
  let told = null;

  function hide() {
    told?.point.append(told.title);
    told?.point.classList.remove("told");
    told = null;
    tip.hidden = true;
    said.textContent = "";
  }

  // Its title is out of the drawing meanwhile, or a browser would show it a second time.
  function tell(point) {
    hide();
    told = { point, title: point.querySelector(":scope > title") };
    told.title.remove();
    point.classList.add("told");
    tip.replaceChildren(...told.title.textContent.split("\n").map((line) => Object.assign(document.createElement("div"), { textContent: line })));
    tip.hidden = false;
    // On the side of the point that has more room.
    const box = point.getBoundingClientRect();
    const wide = document.documentElement.clientWidth;
    const left = box.left > wide / 2;
    tip.style.left = left ? "auto" : `${box.right + scrollX + 8}px`;
    tip.style.right = left ? `${wide - box.left - scrollX + 8}px` : "auto";
    tip.style.top = `${box.top + scrollY - 8}px`;
  }

  // From left to right, and of one column from above.
  function pointsOf(drawing) {
    const found = [...drawing.querySelectorAll(":is(use, path, circle, rect)")].filter((one) => one === told?.point || one.querySelector(":scope > title"));
    return found.map((point) => ({ point, box: point.getBoundingClientRect() }))
      .sort((one, other) => one.box.left - other.box.left || one.box.top - other.box.top).map(({ point }) => point);
  }

  function step(event) {
    const drawing = event.target.closest(DRAWINGS);
    if (drawing === null || event.ctrlKey || event.altKey || event.metaKey) return;
    const points = pointsOf(drawing);
    const at = points.indexOf(told?.point);
    const last = points.length - 1;
    const to = {
      ArrowRight: Math.min(last, at + 1), ArrowLeft: at < 0 ? last : Math.max(0, at - 1), Home: 0, End: last, Escape: -1,
    }[event.key];
    if (to === undefined || last < 0) return;
    event.preventDefault();
    if (to < 0) { hide(); return; }
    tell(points[to]);
    said.textContent = told.title.textContent.replaceAll("\n", "; ");
  }

  addEventListener("pointerover", ({ target }) => {
    if (target === told?.point) return;
    if (target.closest(DRAWINGS) && target.querySelector(":scope > title") && target.localName !== "text") tell(target);
    else hide();
  });
  addEventListener("keydown", step);
  addEventListener("focusout", hide);
  addEventListener("input", hide);
  for (const drawing of document.querySelectorAll(DRAWINGS)) {
    if (drawing.querySelector("title") === null) continue;
    drawing.setAttribute("tabindex", "0");
    drawing.setAttribute("aria-label", `${drawing.getAttribute("aria-label")}; arrow keys go from point to point`);
  }
})();
