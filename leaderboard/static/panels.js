// What open panels gain with JavaScript: the key Escape and a click elsewhere close them.

function openPanels() {
  return document.querySelectorAll("details.pop[open]");
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of openPanels()) {
    panel.open = false;
    panel.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const panel of openPanels()) if (!panel.contains(event.target)) panel.open = false;
});
