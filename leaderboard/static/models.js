// Fills the list below the model's name while somebody types. Without it the list holds the models known here.

const WAIT = 250;
const LEAST = 2;

const input = document.getElementById("model");
const list = document.getElementById("models");
let timer;
let asked = "";

function option(name) {
  const made = document.createElement("option");
  made.value = name;
  return made;
}

async function suggest(typed) {
  const response = await fetch(`${input.dataset.suggestions}?q=${encodeURIComponent(typed)}`);
  if (!response.ok) return;
  const { models } = await response.json();
  // An answer that comes late belongs to what is no longer there.
  if (typed === asked) list.replaceChildren(...models.map(option));
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  const typed = input.value.trim();
  // After @ comes a revision, and nobody lists those.
  if (typed.length < LEAST || typed.includes("@")) return;
  asked = typed;
  timer = setTimeout(() => suggest(typed).catch(() => {}), WAIT);
});
