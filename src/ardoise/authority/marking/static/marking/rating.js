/* Scoring by keyboard: a digit presses the button at its place, Backspace undoes the last score.
   Without this file the buttons do the same. */
"use strict";

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const typing = event.target instanceof Element && event.target.closest("input, select, textarea");
  if (typing) return;
  const selector = event.key === "Backspace" ? "form[data-undo] button" : `[data-key="${CSS.escape(event.key)}"]`;
  const button = document.querySelector(selector);
  if (button === null) return;
  event.preventDefault();
  button.click();
});

/* One score a text: a second press while the page is leaving would be for a text nobody has read. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
