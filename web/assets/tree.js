// Unfolds the tree beside the text, and remembers for the tab what was unfolded. Not a module: it runs where it
// stands, before the text is shown, so that nothing moves afterwards.
(() => {
  const side = document.getElementById("side");
  const tree = side.querySelector(".tree");
  const scroller = side.querySelector(".side-scroll");
  const button = document.getElementById("unfold");
  const current = tree.querySelector("[aria-current]")?.getAttribute("href");
  const fresh = { all: "", open: {}, shut: {}, time: 0 };
  const most = 40;

  const read = (key, otherwise) => {
    try {
      return JSON.parse(sessionStorage.getItem(key)) ?? otherwise;
    } catch {
      return otherwise;
    }
  };
  const write = (key, value) => {
    try {
      sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      // Without room or permission the tree is as the server sends it.
    }
  };
  let kept = read("tree", fresh);
  const keep = () => write("tree", kept);

  const path = (href) => decodeURIComponent(href).replace(/^\//, "");
  const ask = async (query) => {
    const answer = await fetch(`/-/tree?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error();
    return answer.text();
  };
  const mark = () => {
    for (const link of tree.querySelectorAll("a")) {
      if (link.getAttribute("href") === current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };
  // The server escapes every name in these fragments.
  const fill = (list, html) => {
    if (list.innerHTML === html) return;
    list.innerHTML = html;
    mark();
  };
  const folder = (href) => [...tree.querySelectorAll("details")].find((one) => one.previousElementSibling?.getAttribute("href") === href);
  const isEmpty = (details) => details.querySelector(":scope > ul > .more:only-child");
  const label = () => {
    if (button) button.textContent = kept.all ? "Fold all" : "Unfold all";
  };

  if (kept.all && (!current || kept.all.includes(`href="${current}"`))) {
    fill(tree, kept.all);
  } else {
    kept.all = "";
    for (const [href, html] of Object.entries(kept.open)) {
      const details = folder(href);
      if (!details) continue;
      details.open = true;
      if (html && isEmpty(details)) fill(details.querySelector("ul"), html);
    }
  }
  for (const href of Object.keys(kept.shut)) folder(href)?.removeAttribute("open");
  label();
  scroller.scrollTop = read("tree-scroll", 0);
  const now = tree.querySelector("[aria-current]")?.getBoundingClientRect();
  const frame = scroller.getBoundingClientRect();
  if (now && (now.top < frame.top || now.bottom > frame.bottom)) scroller.scrollTop += now.top - frame.top - frame.height / 2;
  addEventListener("pagehide", () => write("tree-scroll", scroller.scrollTop));

  // What was unfolded a while ago may have changed since.
  const refresh = async () => {
    if (Date.now() - kept.time < 60_000) return;
    kept.time = Date.now();
    try {
      if (kept.all) fill(tree, (kept.all = await ask({ at: path(current ?? "") })));
      for (const [href, html] of Object.entries(kept.open)) {
        const details = folder(href);
        if (html && details) fill(details.querySelector("ul"), (kept.open[href] = await ask({ in: path(href) })));
      }
      keep();
    } catch {
      // What is there stays.
    }
  };
  if (kept.all || Object.keys(kept.open).length) addEventListener("load", refresh);

  tree.addEventListener("click", async (event) => {
    const details = event.target.closest("summary")?.parentElement;
    if (!details) return;
    const href = details.previousElementSibling.getAttribute("href");
    delete kept.shut[href];
    delete kept.open[href];
    if (details.open) {
      kept.shut[href] = 1;
    } else if (Object.keys(kept.open).length < most) {
      kept.open[href] = "";
    }
    if (!details.open && isEmpty(details)) {
      details.ariaBusy = "true";
      try {
        const html = await ask({ in: path(href) });
        fill(details.querySelector("ul"), html);
        if (href in kept.open) kept.open[href] = html;
      } catch {
        // The link to the list of the folder stays.
      }
      details.ariaBusy = null;
    }
    kept.time ||= Date.now();
    keep();
  });

  button?.addEventListener("click", async () => {
    const unfold = !kept.all;
    kept = structuredClone(fresh);
    if (unfold) {
      try {
        kept.all = await ask({ at: path(current ?? "") });
        kept.time = Date.now();
        fill(tree, kept.all);
      } catch {
        return;
      }
    } else {
      for (const details of tree.querySelectorAll("details")) details.open = false;
    }
    label();
    keep();
  });
})();
