// The page of the token decoder. Whatever is said of a token comes from symbolon-decoder, which is
// within the module that is loaded below; this script shows it.
//
// The one thing that must not be broken: what stands in a token becomes text and nothing else, and
// nothing of it is kept or sent.

const root = document.getElementById("decoder");
const words = JSON.parse(root.dataset.words);
const language = document.documentElement.lang;
const at = (id) => document.getElementById(id);
const [token, key, issuer, audience, typ] = ["token", "key", "issuer", "audience", "typ"].map(at);

// A text with what stands in braces put in.
const say = (name, put = {}) =>
  (words[name] ?? name).replace(/\{(\w+)\}/g, (whole, word) => String(put[word] ?? whole));

// An element with children: texts, elements, or nothing.
const make = (tag, attributes, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

// What turns the direction of reading, or shows nothing, is written as an escape: what is seen is
// what is there.
const hidden = /[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\ufe00-\ufe0f\uffa0]/gu;
const visible = (text) =>
  text.replace(hidden, (c) => (c === "\n" ? c : `\\u{${c.codePointAt(0).toString(16)}}`));

// JSON that is short stands in one line. Within texts there are no line breaks, only their escapes.
const LINE = 60;
const compact = (json) => {
  const line = json.replace(/([[{])\n\s*/g, "$1").replace(/\n\s*([\]}])/g, "$1").replace(/\n\s*/g, " ");
  return line.length <= LINE ? line : json;
};

// Moments in words.
const units = [["year", 31536000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
const exact = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
  dateStyle: "medium", timeStyle: "medium", timeZone: "UTC",
});
const wall = () => Math.floor(Date.now() / 1000);
const inWords = (seconds) => {
  const distance = seconds - wall();
  const [unit, size] = units.find(([, size]) => Math.abs(distance) >= size) ?? units.at(-1);
  const words = relative.format(Math.trunc(distance / size), unit);
  return `${words} · ${exact.format(seconds * 1000)} UTC`;
};
const time = (seconds) => make("time", {
  datetime: new Date(seconds * 1000).toISOString(), "data-seconds": seconds,
}, inWords(seconds));

// Header and claims.
const part = (title, content) => {
  const heading = make("h2", {}, title);
  if (content.kind === "text") {
    return [heading, make("p", {}, words.part_text), make("pre", {}, visible(content.text))];
  }
  if (content.kind !== "members") return [heading, make("p", {}, words[`part_${content.kind}`])];
  if (content.members.length === 0) return [heading, make("p", {}, words.part_empty)];
  const rows = content.members.map(({ name, json, date }) => make("tr", {},
    make("th", name.length > 16 ? { scope: "row", class: "long" } : { scope: "row" }, visible(name)),
    make("td", {},
      make("pre", {}, visible(compact(json))),
      date === undefined ? null
        : date.problem ? make("span", { class: "wrong" }, words[`date_${date.problem}`])
        : time(date.seconds)),
  ));
  const head = make("tr", {},
    make("th", { scope: "col" }, words.name), make("th", { scope: "col" }, words.member_value));
  return [heading, make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows))];
};

const signature = (bytes) => bytes === null || bytes === undefined ? []
  : [make("h2", {}, words.signature_part), make("p", {}, say("signature_bytes", { bytes }))];

// The verdict.
const reasons = (report, code, reason) => words[`code_${code}`] ?? reason;
const verdict = (report) => {
  const { outcome, code, reason } = report.verdict;
  let [name, style, why] = [`verdict_${outcome}`, outcome, reason];
  if (outcome === "accepted") why = words.verdict_accepted_why;
  if (outcome === "refused") [style, why] = ["error", reasons(report, code, reason)];
  if (outcome === "open" && !reason) {
    why = say("verdict_open_why", {
      missing: new Intl.ListFormat(language).format(report.missing.map((what) => words[`missing_${what}`])),
    });
  }
  if (!report.decoded && outcome !== "refused") {
    [name, style, why] = ["verdict_broken", "error", reasons(report, report.code, report.reason)];
  }
  return make("div", { class: `message ${style}` },
    make("strong", {}, words[name]),
    make("p", {}, why),
    ...report.oddities.map((odd) => make("p", { class: "detail" }, `${words.oddity} ${visible(odd)}`)));
};

// One check, with what was compared.
const moments = new Set(["exp", "nbf", "iat"]);
const value = (check, given) => {
  if (given === null) return make("span", {}, words.nothing);
  if (moments.has(check) && typeof given === "number") return time(given);
  if (check === "signature") return make("span", {}, say("signature_bytes", { bytes: given }));
  return make("code", {}, visible(String(given)));
};
const compares = new Set(
  ["algorithm", "typ", "key", "key_algorithm", "signature", "exp", "nbf", "iat", "iss", "aud", "b64", "crit", "zip"]);
const check = (line, report) => {
  const { outcome, enforced, check: name, code, reason, found, expected } = line;
  const judged = report.verdict.outcome !== "open" && !enforced;
  const state = outcome === "not_made" ? "not_made"
    : outcome === "passed" ? (judged ? "would_pass" : "passed")
    : judged ? "would_fail" : "failed";
  const style = { passed: "passed", failed: "failed", not_made: "open" }[outcome];
  const details = [];
  if (compares.has(name) && (found !== null || outcome === "failed")) {
    details.push(`${words.found}: `, value(name, found));
    if (expected !== null && !moments.has(name)) {
      details.push(` · ${words.expected}: `, value(name, expected));
    }
  }
  let why = null;
  if (outcome === "failed") why = reasons(report, code, reason);
  if (outcome === "not_made") {
    const needs = { key: "key", key_algorithm: "key", signature: "key", iss: "issuer", aud: "audience" }[name];
    why = report.missing.includes(needs)
      ? say("because_missing", { what: words[`missing_${needs}`] }) : words.because_unreadable;
  }
  return make("li", { "data-check": name },
    make("span", { class: `state ${style}` }, words[`outcome_${state}`]),
    make("div", {},
      make("p", {}, words[`check_${name}`] ?? name),
      why === null ? null : make("p", { class: outcome === "failed" ? "wrong" : "detail" }, why),
      details.length === 0 ? null : make("p", { class: "detail" }, ...details)));
};

// What the linter says, the worst first.
const ranks = ["error", "warning", "notice"];
const findings = (found) => {
  if (found.length === 0) return make("p", {}, words.findings_none);
  const sorted = [...found].sort((a, b) => ranks.indexOf(a.severity) - ranks.indexOf(b.severity));
  // The linter speaks English.
  return make("ul", { class: "findings" }, ...sorted.map((finding) => make("li", {},
    make("span", { class: `tag ${finding.severity}` }, words[`severity_${finding.severity}`]),
    make("div", { lang: "en" },
      make("p", {}, make("code", {}, finding.code), " · ", make("code", {}, visible(finding.at)), ": ", visible(finding.found)),
      make("p", {}, finding.why),
      make("p", { class: "detail" }, make("span", { lang: language }, words.fix), " ", finding.fix)),
  )));
};

const keyState = (state) => {
  if (state.state === "absent") return "";
  if (state.state === "pem") return words.key_pem;
  if (state.state === "unusable") return say("key_unusable", state);
  const said = [say("key_usable", { number: state.keys })];
  if (state.skipped > 0) said.push(say("key_skipped", { number: state.skipped }));
  if (state.private) said.push(words.key_private);
  return said.join(" ");
};

let examine;
let turns = [];
const show = () => {
  if (examine === undefined) return;
  const now = wall();
  const given = token.value.trim();
  const report = JSON.parse(examine(
    given, key.value, issuer.value.trim(), audience.value.trim(), typ.value, now));
  at("key-state").textContent = keyState(report.key);
  at("key-state").className = report.key.state === "usable" && !report.key.private ? "hint" : "hint wrong";
  at("result").hidden = given === "";
  if (given === "") {
    for (const id of ["verdict", "header", "claims", "checks", "findings"]) at(id).replaceChildren();
    turns = [];
    return;
  }
  at("verdict").replaceChildren(verdict(report));
  at("header").replaceChildren(...part(words.header_part, report.header), ...signature(report.signature_bytes));
  at("claims").replaceChildren(...part(words.claims_part, report.claims));
  at("checks").replaceChildren(...report.checks.map((line) => check(line, report)));
  at("findings").replaceChildren(findings(report.findings));
  // When one of these moments comes, verdicts change: with the leeway, and without for the linter.
  const dates = (report.claims.members ?? []).map(({ date }) => date?.seconds).filter(Number.isFinite);
  turns = dates.flatMap((moment) => [moment - 5, moment, moment + 5]).filter((moment) => moment > now);
};

const tick = () => {
  if (turns.some((moment) => moment <= wall())) return show();
  for (const element of root.querySelectorAll("time[data-seconds]")) {
    const text = inWords(Number(element.dataset.seconds));
    if (element.textContent !== text) element.textContent = text;
  }
};

const clear = () => {
  for (const field of [token, key, issuer, audience]) field.value = "";
  show();
};

const accept = (field) => {
  field.addEventListener("dragover", (event) => {
    event.preventDefault();
    field.classList.add("over");
  });
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", async (event) => {
    event.preventDefault();
    field.classList.remove("over");
    const [file] = event.dataTransfer.files;
    // No token and no key set comes near this.
    const text = file === undefined ? event.dataTransfer.getData("text") : await file.slice(0, 1 << 20).text();
    field.value = text.trim();
    show();
  });
};

for (const field of [token, key]) accept(field);
for (const field of [token, key, issuer, audience, typ]) field.addEventListener("input", show);
at("clear").addEventListener("click", () => {
  clear();
  token.focus();
});
at("own").addEventListener("click", () => {
  issuer.value = root.dataset.issuer;
  key.value = JSON.stringify(JSON.parse(root.dataset.keys), null, 2);
  show();
});
// Who comes back to this page, or to this browser, finds nothing.
addEventListener("pagehide", clear);

root.hidden = false;
try {
  const module = await import(root.dataset.module);
  await module.load();
  ({ examine } = module);
  at("loading").hidden = true;
  show();
  setInterval(tick, 1000);
} catch (error) {
  at("loading").textContent = words.decoder_broken;
  at("loading").className = "message error";
}
