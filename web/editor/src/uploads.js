// Files that are pasted, dropped or chosen: uploaded beside the page, with a link where the cursor is.

import { edit } from "./lines.js";

export const uploads = (editor) => {
  const { href } = editor.form.dataset;
  if (!href) return null;
  let count = 0;

  const problem = (name, words) => {
    const box = document.getElementById("upload-problem") ?? document.createElement("p");
    box.id = "upload-problem";
    box.className = "notice problem";
    box.setAttribute("role", "alert");
    box.textContent = `${name}: ${words}`;
    editor.pane.before(box);
  };

  // Puts `words` where the placeholder is by now; at the end if somebody has deleted it.
  const settle = (placeholder, words) => {
    const { value, from, to } = editor.surface.state();
    const at = value.indexOf(placeholder);
    if (at < 0) return;
    const moved = (place) => (place <= at ? place : Math.max(at + words.length, place + words.length - placeholder.length));
    editor.surface.apply(edit(at, at + placeholder.length, words, moved(from), moved(to)));
  };

  const send = async (file) => {
    count += 1;
    const name = file.name || `pasted-${Date.now()}.${file.type.split("/")[1] ?? "bin"}`;
    const placeholder = `![Uploading ${name} (${count})…]()`;
    const { from, to } = editor.surface.state();
    editor.surface.apply(edit(from, to, placeholder));
    const body = new FormData();
    body.set("csrf", editor.form.elements.csrf.value);
    body.set("file", file, name);
    try {
      const answer = await fetch(href, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json().catch(() => ({}));
      if (!answer.ok) throw new Error(said.error ?? "could not be uploaded.");
      settle(placeholder, said.markdown);
    } catch (error) {
      settle(placeholder, "");
      problem(name, error instanceof TypeError ? "the server cannot be reached." : error.message);
    }
  };

  const all = async (files) => {
    for (const file of files) await send(file);
  };

  editor.pane.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // Copied text may come with a picture of itself: then the text is meant.
    if (!files.length || event.clipboardData.getData("text/plain")) return;
    event.preventDefault();
    event.stopPropagation();
    all(files);
  }, { capture: true });
  editor.pane.addEventListener("dragover", (event) => {
    if ([...event.dataTransfer.types].includes("Files")) event.preventDefault();
  });
  editor.pane.addEventListener("drop", (event) => {
    const files = [...event.dataTransfer.files];
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    all(files);
  }, { capture: true });

  return {
    choose() {
      const input = document.createElement("input");
      input.type = "file";
      input.multiple = true;
      input.addEventListener("change", () => all([...input.files]));
      input.click();
    },
  };
};
