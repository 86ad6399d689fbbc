// Copies the Markdown that shows a file. Without a script it can be selected by hand.

const say = (button, text) => {
  button.textContent = text;
  setTimeout(() => (button.textContent = "Copy"), 1600);
};

if (navigator.clipboard) {
  for (const source of document.querySelectorAll(".file-markdown, #markdown")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy ${source.value ?? source.textContent}`);
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.removeAttribute("aria-label");
      say(button, "Copied");
    });
    source.after(button);
  }
}
