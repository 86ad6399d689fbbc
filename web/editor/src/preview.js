// The page as it will look: beside the text, or in its place.

const DELAY_MS = 350;

export const preview = (editor) => {
  const shown = document.createElement("section");
  shown.className = "preview";
  shown.ariaLabel = "Preview";
  shown.tabIndex = 0;
  shown.hidden = true;
  const article = document.createElement("article");
  article.className = "prose";
  const problem = document.createElement("p");
  problem.className = "notice problem";
  problem.setAttribute("role", "alert");
  problem.hidden = true;
  shown.append(problem, article);
  editor.pane.append(shown);

  // What a page would load for itself, when the text first needs it.
  const enliven = async () => {
    const { diagrams, tables } = editor.form.dataset;
    if (article.querySelector("pre.mermaid")) (await import(diagrams)).draw(article);
    if (article.querySelector(".data-table")) (await import(tables)).enliven(article);
  };

  let mode = "write";
  let timer = 0;
  let asked = null;
  let last = null;

  const draw = async () => {
    const { value } = editor.surface.state();
    if (value === last) return;
    asked?.abort();
    asked = new AbortController();
    const body = new URLSearchParams({ csrf: editor.form.elements.csrf.value, content: value });
    try {
      const answer = await fetch(`${new URL(editor.form.action).pathname.replace(/\/edit$/, "")}/preview`, { method: "POST", body, signal: asked.signal });
      if (!answer.ok) throw new Error(answer.status === 413 ? "The text is too long to show." : "The preview cannot be shown now.");
      // Sanitized by the server, like the page itself.
      article.innerHTML = await answer.text();
      // A block that scrolls sideways must be reachable by keyboard, as on the page.
      for (const box of article.querySelectorAll("pre, table, .table, .math")) {
        if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      }
      last = value;
      problem.hidden = true;
      // Without these the text is complete all the same.
      enliven().catch(() => {});
    } catch (error) {
      if (error.name === "AbortError") return;
      problem.textContent = error instanceof TypeError ? "The server cannot be reached. Your text is kept here." : error.message;
      problem.hidden = false;
    }
  };

  const follow = () => {
    if (mode === "write") return;
    clearTimeout(timer);
    timer = setTimeout(draw, DELAY_MS);
  };

  return {
    follow,
    mode: () => mode,
    show(next) {
      mode = next;
      shown.hidden = mode === "write";
      editor.pane.dataset.mode = mode;
      if (mode !== "write") draw();
      if (mode === "preview") shown.focus();
      else editor.surface.focus();
    },
    // Both sides at the same share of their length.
    scroll(share) {
      shown.scrollTop = share * (shown.scrollHeight - shown.clientHeight);
    },
  };
};
