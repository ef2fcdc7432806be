"use strict";
(() => {
  const box = document.getElementById("filter");
  const matches = document.getElementById("matches");
  const items = [...document.querySelectorAll("[data-item]")].filter((one) => !one.parentElement.closest("[data-item]"));
  const texts = items.map((one) => one.textContent.toLowerCase());

  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((one, index) => {
      one.hidden = !words.every((word) => texts[index].includes(word));
      shown += !one.hidden;
    });
    matches.value = words.length ? `${shown} of ${items.length} entries` : "";
  };

  const open = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  };

  document.getElementById("filtering").hidden = false;
  document.getElementById("filtering").addEventListener("submit", (event) => event.preventDefault());
  box.addEventListener("input", filter);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && event.target !== box && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      box.focus();
    } else if (event.key === "Escape" && event.target === box) {
      box.value = "";
      filter();
    }
  });

  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
  addEventListener("hashchange", open);
  open();
})();
