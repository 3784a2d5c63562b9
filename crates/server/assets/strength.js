// Says how strong a new password is while it is typed. The server asks for the same strength when
// the form is sent, with or without this.
"use strict";
(() => {
  const words = document.currentScript.dataset;
  const scores = [words.score0, words.score1, words.score2, words.score3, words.score4];

  const watch = (place) => {
    const input = document.getElementById(place.dataset.strengthFor);
    if (!input) return;
    const name = input.form.querySelector("input[autocomplete=username]");
    const meter = document.createElement("meter");
    meter.max = 4;
    meter.low = 2;
    meter.high = 3;
    meter.optimum = 4;
    meter.setAttribute("aria-label", words.strength);
    const text = document.createElement("span");
    place.className = "strength";
    place.setAttribute("aria-live", "polite");
    place.hidden = true;
    place.append(meter, " ", text);

    // One question at a time, and the last one counts.
    let asked = 0;
    let timer = 0;
    const ask = async (question) => {
      const password = input.value;
      if (!password) {
        place.hidden = true;
        return;
      }
      const answer = await fetch("/api/v1/password/score", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ password, identifier: (name && name.value) || null }),
      });
      if (question !== asked) return;
      // What was said of another password is not said of this one.
      if (!answer.ok) {
        place.hidden = true;
        return;
      }
      const { score, acceptable } = await answer.json();
      meter.value = score;
      text.textContent = acceptable ? scores[score] : `${scores[score]}, ${words.notEnough}`;
      place.hidden = false;
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      // Nobody is told about a password that is no more: an answer on its way comes too late.
      const question = ++asked;
      const hide = () => {
        if (question === asked) place.hidden = true;
      };
      timer = setTimeout(() => ask(question).catch(hide), 250);
    });
  };

  for (const place of document.querySelectorAll("[data-strength-for]")) watch(place);
})();
