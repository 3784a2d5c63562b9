// What makes the pages more comfortable. All of them work without it.
"use strict";
(() => {
  const words = document.currentScript.dataset;
  const language = document.documentElement.lang;

  // Passwords can be looked at while they are typed.
  const addReveal = (input) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "reveal";
    button.setAttribute("aria-controls", input.id);
    const say = () => {
      const hidden = input.type === "password";
      const label = document.querySelector(`label[for="${input.id}"]`);
      button.textContent = hidden ? words.show : words.hide;
      button.setAttribute("aria-label", `${button.textContent}: ${label ? label.textContent : ""}`);
    };
    button.addEventListener("click", () => {
      input.type = input.type === "password" ? "text" : "password";
      say();
    });
    // A password must not be kept as the text of an ordinary field.
    input.form.addEventListener("submit", () => {
      input.type = "password";
      say();
    });
    const hasFocus = document.activeElement === input;
    const box = document.createElement("div");
    box.className = "with-reveal";
    input.replaceWith(box);
    box.append(input, button);
    say();
    if (hasFocus) input.focus();
  };

  // "3 minutes ago"; the exact moment stays as the title.
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const ago = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const sayTimes = (root) => {
    for (const time of root.querySelectorAll("time[data-relative]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["", 0];
      if (Number.isNaN(seconds)) continue;
      time.title = time.title || time.textContent;
      time.textContent = unit ? ago.format(Math.round(seconds / size), unit) : words.justNow;
    }
  };

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // A download leaves the page as it is, and may be wanted again.
    if (form.hasAttribute("data-download")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  // Unless one comes back to the page.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    }
  });

  // Questions that have a page of their own are asked in a dialog on the spot.
  const ask = async (link) => {
    const answer = await fetch(link.href, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const question = page.querySelector("[data-question]");
    if (!answer.ok || answer.redirected || !question) throw new Error("no question");
    const dialog = document.createElement("dialog");
    dialog.append(document.adoptNode(question));
    const heading = dialog.querySelector("h1");
    heading.id = "dialog-heading";
    dialog.setAttribute("aria-labelledby", heading.id);
    for (const cancel of dialog.querySelectorAll("[data-cancel]")) {
      cancel.addEventListener("click", (event) => {
        event.preventDefault();
        dialog.close();
      });
    }
    dialog.addEventListener("close", () => {
      dialog.remove();
      link.focus();
    });
    sayTimes(dialog);
    document.body.append(dialog);
    dialog.showModal();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-ask]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    ask(link).catch(() => location.assign(link.href));
  });

  for (const input of document.querySelectorAll("input[type=password]")) addReveal(input);
  sayTimes(document);
  setInterval(() => sayTimes(document), 60000);
})();
