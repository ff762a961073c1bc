// What a page owes to whoever cannot see it well, or holds it in one hand. Each function gives back
// what is wrong, so that nothing is good. Evaluated by the test.
"use strict";

globalThis.audit = (() => {
  // What is clipped to nothing is for whoever listens; the link that skips comes into sight with the
  // focus.
  const isClipped = (element) => {
    for (let each = element; each; each = each.parentElement) {
      if (getComputedStyle(each).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const isSeen = (element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
    !element.closest(".skip") && !isClipped(element);

  // Red, green, blue and alpha of any colour that CSS can say.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = (front, back) =>
    [0, 1, 2].map((at) => front[at] * front[3] + back[at] * (1 - front[3])).concat(1);

  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((channel) => {
      const share = channel / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };

  // The ground that an element stands on.
  const ground = (element) => {
    const layers = [];
    for (let each = element; each; each = each.parentElement) {
      layers.push(rgba(getComputedStyle(each).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const canvasColour = dark ? [18, 18, 18, 1] : [255, 255, 255, 1];
    return layers.reverse().reduce((back, front) => over(front, back), canvasColour);
  };

  const opacity = (element) => {
    let share = 1;
    for (let each = element; each; each = each.parentElement) {
      share *= Number(getComputedStyle(each).opacity);
    }
    return share;
  };

  // Web Content Accessibility Guidelines 2.2, 1.4.3: 4.5 to 1, and 3 to 1 where letters are large.
  const contrast = () => {
    const faults = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.data.trim();
      if (!text || !isSeen(element) || element.closest("script, style, noscript")) continue;
      const style = getComputedStyle(element);
      const size = parseFloat(style.fontSize);
      if (size === 0) continue;
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      const back = ground(element);
      const colour = rgba(style.color);
      colour[3] *= opacity(element);
      const found = ratio(over(colour, back), back);
      if (found < (isLarge ? 3 : 4.5)) {
        faults.push(`${found.toFixed(2)} to 1: «${text.slice(0, 40)}»`);
      }
    }
    return faults;
  };

  // 1.4.10: nothing is cut off and nothing has to be scrolled sideways, but what is a box of its own.
  const overflow = () => {
    const width = document.documentElement.clientWidth;
    const faults = [];
    if (document.documentElement.scrollWidth > width) {
      faults.push(`the page is ${document.documentElement.scrollWidth} wide, of ${width}`);
    }
    for (const element of document.body.querySelectorAll("*")) {
      if (!isSeen(element) || element.closest("pre")) continue;
      const box = element.getBoundingClientRect();
      if (box.width > 0 && (box.right > width + 1 || box.left < -1)) {
        faults.push(`${element.tagName} #${element.id} .${element.className}: ${box.left} to ${box.right}`);
      }
    }
    return faults;
  };

  // 2.5.8: what is pressed is 24 by 24 at least, unless it stands in a line of text.
  const targets = () => [...document.querySelectorAll("button, input, textarea, select, summary, nav a")]
    .filter(isSeen)
    .map((element) => {
      const label = element.matches("[type=radio], [type=checkbox]") ? element.labels[0] : null;
      return [element, (label ?? element).getBoundingClientRect()];
    })
    .filter(([, box]) => box.width < 24 || box.height < 24)
    .map(([element, box]) => `${element.tagName} «${element.textContent}» ${box.width} by ${box.height}`);

  const structure = () => {
    const faults = [];
    const levels = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
      .filter(isSeen)
      .map((heading) => Number(heading.tagName[1]));
    if (levels.filter((level) => level === 1).length !== 1) faults.push(`headings ${levels}`);
    levels.forEach((level, at) => {
      if (at > 0 && level > levels[at - 1] + 1) faults.push(`headings ${levels}`);
    });
    if (document.querySelectorAll("main").length !== 1) faults.push("not one main part");
    if (!document.documentElement.lang) faults.push("no language");
    if (!document.title.trim()) faults.push("no title");
    const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
    faults.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: #${id}`));
    for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        const missing = element.getAttribute(name).split(" ").filter((id) => !ids.includes(id));
        faults.push(...missing.map((id) => `${name} of nothing: ${id}`));
      }
    }
    // A text that nobody translated stands as its key.
    const keys = document.body.innerText.match(/\b[a-z]+\d?\.[a-z]+_?[a-z]*\b/g) ?? [];
    const known = /^(frame|walk|state|step\d|who|outbox|channel|choice|payee|asked|verdict|decision|outcome|fact|found|requests|problem|passkey|inspector)\./;
    faults.push(...keys.filter((key) => known.test(key)).map((key) => `not translated: ${key}`));
    return faults;
  };

  // Whether whoever uses the keyboard sees where they are.
  const focus = () => {
    const style = getComputedStyle(document.activeElement);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return outlined ? [] : [`no focus to be seen on ${document.activeElement.outerHTML.slice(0, 80)}`];
  };

  return { contrast, overflow, targets, structure, focus };
})();
