// Pages offered after `[[`. The server finds them: the list of all pages never comes here.

const OPEN = /\[\[([^\]|#\n]{0,100})$/;

export const completePages = async (context) => {
  const found = context.matchBefore(OPEN);
  if (!found) return null;
  const words = OPEN.exec(found.text)[1];
  // Fast typing asks once.
  await new Promise((wait) => setTimeout(wait, 120));
  if (context.aborted) return null;
  const leaving = new AbortController();
  context.addEventListener("abort", () => leaving.abort());
  let pages = [];
  try {
    const answer = await fetch(`/-/complete?q=${encodeURIComponent(words)}`, { signal: leaving.signal });
    if (answer.ok) pages = await answer.json();
  } catch {
    return null;
  }
  const from = found.from + 2;
  return {
    from,
    filter: false,
    options: pages.map(({ target, title, path }) => ({
      label: title,
      detail: path === title ? undefined : path,
      apply: (view, _completion, start, end) => {
        const closed = view.state.sliceDoc(end, end + 2) === "]]";
        view.dispatch({
          changes: { from: start, to: end, insert: target + (closed ? "" : "]]") },
          selection: { anchor: start + target.length + 2 },
          userEvent: "input.complete",
        });
      },
    })),
  };
};
