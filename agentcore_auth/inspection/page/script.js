"use strict";

const [form, token, gateway, pasted, authorizer, result] = ["form", "token", "gateway", "pasted", "authorizer", "result"]
  .map((id) => document.getElementById(id));
const PASTE = "#paste";

/** An element with text or other elements in it; whatever comes from a token is text and never markup. */
function element(name, properties, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const code = (text) => element("code", {}, String(text));
const heading = (text) => element("h2", {}, text);
const block = (value) => element("pre", { tabindex: "0" }, typeof value === "string" ? value : JSON.stringify(value, null, 2));

function mark(matches, good = "matches", bad = "does not match") {
  if (matches === null) return element("span", { class: "mark open" }, "? not known");
  return element("span", { class: `mark ${matches ? "good" : "bad"}` }, matches ? `✓ ${good}` : `✗ ${bad}`);
}

/** Rows of cells; the first is the row's heading. */
function table(labels, rows) {
  const head = element("tr", {}, ...labels.map((label) => element("th", { scope: "col" }, label)));
  const lines = rows.map((cells) => element("tr", {}, ...cells.map((cell, place) => place === 0
    ? element("th", { scope: "row" }, ...[cell].flat())
    : element("td", cell === "" ? {} : { "data-label": labels[place] }, ...[cell].flat()))));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines));
}

function listed(values) {
  return values.length ? values.flatMap((value, place) => [place ? ", " : "", code(value)]) : "nothing";
}

function verdict(judgement) {
  const [first] = judgement.findings;
  if (!first) {
    return [element("p", { class: "verdict good" }, `200: the gateway lets this token in (${judgement.matched.join(", ")})`)];
  }
  const known = judgement.status !== null;
  const lead = known ? `${judgement.status} ${first.cause}` : `Not known: ${first.cause}`;
  const parts = [element("p", { class: `verdict ${known ? "bad" : "open"}` }, `${lead}: ${first.message}`)];
  if (judgement.remedy) parts.push(element("p", { class: "remedy" }, element("strong", {}, "Remedy: "), judgement.remedy));
  return parts;
}

function others(judgement) {
  const items = [
    ...judgement.findings.slice(1).map((found) => `${found.cause}: ${found.message}${found.remedy ? ` — ${found.remedy}` : ""}`),
    ...judgement.notes,
  ];
  return items.length ? [heading("Also"), element("ul", {}, ...items.map((item) => element("li", {}, item)))] : [];
}

function need(row) {
  const wants = row.values.length ? [`${row.wants} `, ...listed(row.values)] : row.wants;
  return [code(row.part), row.claims.length ? listed(row.claims) : "none", wants, row.values.length ? listed(row.has) : "", mark(row.matches)];
}

function claim(found) {
  const value = found.date ? [code(found.value), " ", element("span", { class: "date" }, found.date)] : code(found.value);
  const lists = found.lookedAtBy.flatMap((each) => [code(each.part), " ", mark(each.matches), " "]);
  return [code(found.name), value, found.meaning, lists.length ? lists : element("span", { class: "help" }, "nothing")];
}

function changes(judgement) {
  const parts = [];
  if (Object.keys(judgement.configuration).length) {
    parts.push(heading("In the stack file"), block(judgement.configuration));
  }
  if (judgement.authorizer) parts.push(heading("The authorizer that lets it in"), block(judgement.authorizer));
  if (judgement.command) parts.push(heading("The command that makes it so"), block(judgement.command));
  return parts;
}

function show(found) {
  if (found.error) return [element("p", { class: "verdict bad" }, found.error)];
  const judgement = found.judgement;
  const parts = [];
  if (judgement) {
    parts.push(...verdict(judgement));
    if (found.needs.length) {
      parts.push(heading("What a token needs here"), table(["Part", "Claim", "It needs", "This token has", "Verdict"], found.needs.map(need)));
    }
    parts.push(...others(judgement), ...changes(judgement));
  }
  if (found.claims.length) {
    const labels = ["Claim", "Value", "What it says", ...(judgement ? ["Looked at by"] : [])];
    const shape = found.shape ? ` (shape: ${found.shape})` : "";
    parts.push(heading(`What the token says${shape}`), table(labels, found.claims.map((each) => claim(each).slice(0, labels.length))));
    parts.push(heading("Header"), block(found.header));
  }
  if (found.fits) parts.push(heading("The tightest authorizer that lets it in"), block(found.fits));
  if (found.whyNot) parts.push(element("p", { class: "verdict open" }, `No authorizer fits: ${found.whyNot}`));
  return parts;
}

let latest = 0;

async function explain() {
  const own = ++latest;
  const chosen = gateway.value === PASTE ? { authorizer: authorizer.value || "null" } : { gateway: gateway.value };
  result.setAttribute("aria-busy", "true");
  result.replaceChildren(element("p", { class: "help" }, "Asking the issuer for its keys …"));
  let found;
  try {
    const answer = await fetch("explain", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token: token.value, ...chosen }),
    });
    found = answer.ok ? await answer.json() : { error: answer.status === 413 ? "That is too long." : "The page's server refuses this." };
  } catch {
    found = { error: "The command that serves this page has ended: start agentcore-auth inspect again." };
  }
  if (own !== latest) return; // asked again, or cleared, meanwhile
  result.replaceChildren(...show(found));
  result.setAttribute("aria-busy", "false");
}

function choose() {
  pasted.hidden = gateway.value !== PASTE;
  authorizer.required = gateway.value === PASTE;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  explain();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
gateway.addEventListener("change", choose);
document.getElementById("clear").addEventListener("click", () => {
  latest += 1;
  form.reset();
  choose();
  result.replaceChildren();
  token.focus();
});
choose();
