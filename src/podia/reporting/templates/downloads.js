"use strict";
const downloads = (() => {
  // Every plot as an SVG file with its own style, and its numbers as CSV where there are any.
  const sheet = document.styleSheets[0].cssRules;
  const light = sheet[0].style;
  const style = [...sheet]
    .filter((rule) => rule.selectorText && rule.selectorText.includes(".plot"))
    .map((rule) => rule.cssText.replace(/var\((--[\w-]+)\)/g, (_, name) => light.getPropertyValue(name).trim()))
    .join("");

  function save(text, kind, name) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: kind }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function asFile(plot) {
    const copy = plot.cloneNode(true);
    const [, , width, height] = plot.getAttribute("viewBox").split(" ");
    copy.setAttribute("width", width);
    copy.setAttribute("height", height);
    copy.removeAttribute("data-csv");
    const rules = document.createElementNS(plot.namespaceURI, "style");
    rules.textContent = `svg{font:11px Arial,Helvetica,sans-serif;background:#fff}${style}`;
    copy.prepend(rules);
    return new XMLSerializer().serializeToString(copy);
  }

  function offerFor(figure) {
    const plot = figure.querySelector("svg.plot");
    if (!plot) return;
    const name = figure.querySelector("h3").textContent.trim().toLowerCase().replace(/[^a-z0-9]+/g, "_");
    const line = document.createElement("p");
    line.className = "download";
    const offer = (text, make) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = text;
      button.addEventListener("click", make);
      line.append(button);
    };
    offer("SVG", () => save(asFile(plot), "image/svg+xml", `${name}.svg`));
    if (plot.dataset.csv) offer("CSV", () => save(plot.dataset.csv + "\n", "text/csv", `${name}.csv`));
    figure.append(line);
  }

  document.querySelectorAll("figure.card").forEach(offerFor);
  return { offer: offerFor };
})();
