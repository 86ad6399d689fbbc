// What scripts add to writing: saving by key, drafts, a warning before leaving.
//
// Where a draft is: this browser keeps each text at once; the server has it some seconds later, and then this browser
// forgets it. So a text that this browser keeps is one that the server does not have, and both are offered, each with
// its time. Nothing on offer is replaced before the person has decided.

const form = document.getElementById("editor");
const text = document.getElementById("content");
const state = document.getElementById("draft-state");
const box = document.getElementById("draft");
const { path, base, section = "", window: writer, limit } = form.dataset;
const key = `draft:${path}${section && `#${section}`}`;
// What the server sent, not what the browser restored after a reload.
const original = text.defaultValue;
// After a conflict or a refused save, the text in the form is stored nowhere else.
const unsaved = "unsaved" in form.dataset;
// A draft of the server's that is on offer, or is in the form already.
let undecided = form.dataset.draft === "offered";
let sending = false;
let kept = unsaved ? null : text.value;
let localTimer = 0;
let serverTimer = 0;
/** Milliseconds without typing after which a text is kept here, and on the server. */
const SOON = 800;
const QUIET = 3000;
/** Milliseconds that the server may take before a text is sent. */
const PATIENCE = 10_000;
/** Bytes that a browser sends for a page that it is leaving. */
const LAST_WORDS = 60_000;

const changed = () => unsaved || text.value !== original;
const say = (words, kind = "") => {
  if (!state) return;
  state.textContent = words;
  state.dataset.kind = kind;
};

const local = {
  read(from) {
    try {
      return JSON.parse(localStorage.getItem(from) ?? "null");
    } catch {
      return null;
    }
  },
  // What the server has, and what the page says, need not be kept here.
  write() {
    try {
      if (changed() && text.value !== kept) localStorage.setItem(key, JSON.stringify({ text: text.value, base, time: Date.now() }));
      else localStorage.removeItem(key);
    } catch {
      // Full or forbidden: the server's draft and the warning before leaving remain.
    }
  },
  forget(which = key) {
    try {
      localStorage.removeItem(which);
    } catch {
      // Nothing was kept.
    }
  },
  // A text on offer makes room for the one that is being written.
  setAside(draft) {
    try {
      localStorage.setItem(aside, JSON.stringify(draft));
      localStorage.removeItem(key);
    } catch {
      // Then it is on offer in this window only.
    }
  },
};
const aside = `${key} aside`;

const address = `/-/draft/${path.split("/").map(encodeURIComponent).join("/")}`;

const post = (options, again = true) => {
  const sent = text.value;
  const { csrf, seen } = form.elements;
  const body = new URLSearchParams({ csrf: csrf.value, content: sent, base, section, writer, seq: Date.now(), seen: seen.value });
  return fetch(address, { method: "POST", body, headers: { Accept: "application/json" }, ...options }).then(async (answer) => {
    const said = await answer.json().catch(() => ({}));
    // Signed in again in another window: this one gets a new token and goes on.
    if (said.csrf && again) {
      csrf.value = said.csrf;
      return post(options, false);
    }
    return { ok: answer.ok, status: answer.status, sent, ...said };
  });
};

// One at a time; the next one has the newest text.
let running = null;
const keep = (options = {}) => {
  clearTimeout(serverTimer);
  if (undecided || text.value === kept) return Promise.resolve({ ok: true });
  running ??= post({ signal: AbortSignal.timeout(PATIENCE), ...options })
    .then((answer) => {
      if (answer.ok) {
        kept = answer.sent;
        if (text.value === kept) local.forget();
        say(answer.given_up ? `Draft kept. Your oldest one, of ${answer.given_up}, was given up for it.` : "Draft kept");
      } else if (answer.code === "draft_elsewhere") {
        say("Another window of yours has a newer draft of this page. This text is kept in this browser.", "warn");
      } else if (answer.status === 401) {
        say("You are not signed in any more. Your text is kept in this browser; sign in in another window, then go on.", "warn");
      } else {
        say(answer.error ?? "The draft could not be kept on the server; this browser keeps it.", "warn");
      }
      return answer;
    }, () => {
      say("The server cannot be reached. Your text is kept in this browser.", "warn");
      return { ok: false, unreachable: true };
    })
    .finally(() => {
      running = null;
    });
  return running;
};

const button = (label, action) => {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", action);
  return made;
};

const use = (words) => {
  text.setRangeText(words, 0, text.value.length, "start");
  text.dispatchEvent(new Event("input"));
};

const offer = (draft) => {
  const decide = () => {
    local.forget(aside);
    box.replaceChildren();
    text.focus();
  };
  const words = document.createElement("p");
  const when = new Date(draft.time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
  words.textContent = `This browser has text of yours from ${when} that never reached the server.`
    + (draft.base === base ? "" : " The page has changed since; compare before you save.");
  box.append(
    words,
    button("Use it", () => {
      decide();
      use(draft.text);
      local.write();
    }),
    button("Throw it away", decide),
  );
};

const differs = (draft) => typeof draft?.text === "string" && draft.text.trimEnd() !== text.value.trimEnd();
let found = local.read(key);
if (differs(found)) local.setAside(found);
else found = local.read(aside);
const theirs = differs(found);
let back = false;
try {
  back = sessionStorage.getItem("resume") === key;
  sessionStorage.removeItem("resume");
} catch {
  // Then the text is offered like any other.
}
if (theirs && back && !unsaved) {
  use(found.text);
  local.forget(aside);
  local.write();
  say("This is the text that you sent. It is not saved yet.");
} else if (theirs && box && !unsaved) offer(found);
else if (unsaved) local.write();
else local.forget();

text.addEventListener("input", () => {
  clearTimeout(localTimer);
  clearTimeout(serverTimer);
  localTimer = setTimeout(local.write, SOON);
  serverTimer = setTimeout(keep, QUIET);
});

const problem = (words) => {
  const shown = document.getElementById("not-sent") ?? document.createElement("p");
  shown.id = "not-sent";
  shown.className = "notice problem";
  shown.setAttribute("role", "alert");
  const strong = document.createElement("strong");
  strong.textContent = "Not saved. ";
  shown.replaceChildren(strong, words);
  form.prepend(shown);
  shown.scrollIntoView({ block: "nearest" });
};

const send = () => {
  sending = true;
  try {
    sessionStorage.setItem("sent", JSON.stringify({ key, path, base }));
  } catch {
    // The draft is then offered again, which does no harm.
  }
};

// The text is at the server before the page is left: a server that is down loses nothing.
let asked = false;
form.addEventListener("submit", async (event) => {
  clearTimeout(localTimer);
  local.write();
  if (sending) return;
  const size = new TextEncoder().encode(text.value).length;
  if (size > Number(limit)) {
    event.preventDefault();
    problem(`The text has ${size.toLocaleString()} bytes; a page may have ${Number(limit).toLocaleString()}. It is still here.`);
    return;
  }
  if (undecided || text.value === kept) {
    send();
    return;
  }
  event.preventDefault();
  if (asked) return;
  asked = true;
  await running;
  const answer = await keep();
  asked = false;
  if (answer.unreachable || answer.status >= 500) {
    problem("The server cannot be reached, or has trouble. Your text is still here; try again.");
    return;
  }
  send();
  form.requestSubmit(event.submitter);
});

// The choices after a conflict have a form of their own.
document.getElementById("clashes")?.addEventListener("submit", () => {
  sending = true;
});

// Coming back with the back button must warn again.
addEventListener("pageshow", () => {
  sending = false;
});

document.getElementById("cancel").addEventListener("click", (event) => {
  if (changed() && !confirm(undecided ? "Leave without saving?" : "Leave without saving? Your text is kept as a draft.")) {
    event.preventDefault();
    return;
  }
  local.write();
  sending = true;
});

addEventListener("beforeunload", (event) => {
  if (sending || !changed()) return;
  local.write();
  event.preventDefault();
});

// Closed, or put away on a phone: what the server does not have yet is sent along.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "hidden" || !changed() || text.value === kept || undecided) return;
  local.write();
  keep({ keepalive: text.value.length < LAST_WORDS / 3, signal: undefined });
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s") {
    event.preventDefault();
    form.requestSubmit();
  }
});
