"use strict";
for (const body of document.querySelectorAll(".movies tbody")) {
  const headings = [...body.parentNode.querySelectorAll("th button")];
  headings.forEach((heading, column) => {
    let direction = column ? -1 : 1;
    heading.addEventListener("click", () => {
      const value = (row) => row.children[column].dataset.value;
      // What is not defined goes last, whichever way the rest is sorted.
      const compare = (one, other) => {
        if (!value(one) || !value(other)) return Boolean(value(other)) - Boolean(value(one));
        return direction * (column ? value(one) - value(other) : value(one).localeCompare(value(other), "en", { numeric: true }));
      };
      body.append(...[...body.children].sort(compare));
      direction = -direction;
    });
  });
}

const plateMeasure = document.getElementById("plate-measure");
if (plateMeasure) {
  plateMeasure.addEventListener("change", () => {
    for (const well of document.querySelectorAll("table.plate td.well")) {
      const [shade, value] = well.getAttribute("data-" + plateMeasure.value.replaceAll("_", "-")).split("|");
      well.style.setProperty("--shade", shade);
      well.querySelector(".value").textContent = value;
    }
  });
}
